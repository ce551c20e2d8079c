/**
 * A live cluster as a scenario: pods become counts of their workloads, and what kube-scheduler would refuse becomes limits.
 *
 * The scenario is never more permissive than kube-scheduler. What it cannot express stays as it is: pods that stand are pinned,
 * pods that are pending are left to kube-scheduler, and a remark says which and why.
 */
import type { ClusterNode } from "../../core/model/cluster-node.ts";
import type { CostTree } from "../../core/model/cost-tree.ts";
import type { PairTraffic } from "../../core/model/placement.ts";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import type { Pod } from "../../core/model/pod.ts";
import { attemptScenario } from "./cluster-scenario/attempt-scenario.ts";
import { ClusterNodes } from "./cluster-scenario/cluster-nodes.ts";
import { sortPods } from "./cluster-scenario/sort-pods.ts";

export interface ClusterScenarioInput {
  readonly name: string;
  readonly nodes: readonly ClusterNode[];
  /** All of the cluster; finished ones do not count. */
  readonly pods: readonly Pod[];
  /** Those to be planned; other unbound pods are ignored. */
  readonly pending: readonly Pod[];
  /** Asked of bound pods. Pods that cannot be moved, such as a DaemonSet's, stay whatever it says. */
  readonly isMovable: (pod: Pod) => boolean;
  /** By workload key; pairs with a side that has no pod are left out. */
  readonly traffic: readonly PairTraffic[];
  /** By index into `nodes`. */
  readonly costTree?: CostTree | undefined;
}

export interface ClusterScenario {
  /**
   * Nodes in the order of the input; CPU in thousandths of a core, memory in bytes, pods in pieces, then other resources that
   * are asked for. A service is named by its workload's key. Workloads without traffic, pending or movable pods are none: what
   * they need is taken off their nodes.
   */
  readonly scenario: PlacementScenario;
  /** What could not be expressed, and what was done instead; at most some dozens. */
  readonly remarks: readonly string[];
  /** By pod key, why a pending pod is not in the scenario. */
  readonly unplanned: ReadonlyMap<string, string>;
}

/** Takes O(pods + nodes * services) time, once more for every workload that has to be left alone after all. */
export function clusterScenario(input: ClusterScenarioInput): ClusterScenario {
  const nodes = new ClusterNodes(input.nodes);
  const sorted = sortPods(input, nodes);
  const leftAlone = new Map<string, string>();
  for (;;) {
    const attempt = attemptScenario(input, nodes, sorted, leftAlone);
    if (attempt.kind === "built") return attempt.result;
    // At least one workload that was not left alone before: there are only so many.
    for (const [workload, reason] of attempt.leftAlone) leftAlone.set(workload, reason);
  }
}
