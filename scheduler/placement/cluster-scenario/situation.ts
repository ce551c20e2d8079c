/** What every limit is worked out from. */
import type { Pod } from "../../../core/model/pod.ts";
import { workloadKey } from "../../../core/model/workload.ts";
import type { ClusterNodes, Division } from "./cluster-nodes.ts";
import type { NodeFilter } from "./node-filter.ts";
import type { PlannedWorkload } from "./planned-workload.ts";
import type { PodIndex } from "./pod-index.ts";
import type { Remarks } from "./remarks.ts";

export interface Situation {
  readonly nodes: ClusterNodes;
  readonly filter: NodeFilter;
  readonly remarks: Remarks;
  /** By key, all that have pods. */
  readonly workloads: ReadonlyMap<string, PlannedWorkload>;
  /** Those with pods whose place is open. */
  readonly planned: readonly PlannedWorkload[];
  /** Pods whose place is open. */
  readonly open: PodIndex;
  /** Pods that stand and will stay, and those that are about to go. */
  readonly settled: ReadonlySet<Pod>;
  readonly settledIndex: PodIndex;
  /** Pods that stand and are not about to go, and pending ones whether planned or not. */
  readonly living: PodIndex;
}

export function workloadOf({ workloads }: Situation, pod: Pod): PlannedWorkload | undefined {
  return workloads.get(workloadKey(pod.workload));
}

/** The number of the domain that a pod stands in; -1 if in none. */
export function domainOf({ nodes }: Situation, pod: Pod, { ofNode }: Division): number {
  return ofNode[nodes.indexOf(pod)] ?? -1;
}

/** Pods by domain. */
export function countByDomain(situation: Situation, pods: Iterable<Pod>, division: Division): Int32Array {
  const counts = new Int32Array(division.count);
  for (const pod of pods) {
    const domain = domainOf(situation, pod, division);
    if (domain >= 0) counts[domain] = (counts[domain] ?? 0) + 1;
  }
  return counts;
}
