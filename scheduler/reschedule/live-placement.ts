/** The cluster as it is now: who may move, and what traffic costs. */
import type { FlowGraph } from "../../core/graph/flow-graph.ts";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import type { Pod } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { ClusterView } from "../../core/ports/cluster-view.ts";
import { clusterScenario } from "../placement/cluster-scenario.ts";
import type { NodesByName } from "../planning/nodes-by-name.ts";
import type { SchedulerConfig } from "../scheduler-config.ts";
import { measuredTraffic } from "./measured-traffic.ts";
import { isMovable, isStanding } from "./movable.ts";

export interface LivePlacementDeps {
  readonly view: Pick<ClusterView, "pods" | "nodes">;
  readonly graph: FlowGraph;
  readonly nodesByName: Pick<NodesByName, "of">;
  readonly config: SchedulerConfig;
}

export interface LivePlacement {
  readonly isMovable: (pod: Pod) => boolean;
  readonly podsOf: (workload: string) => readonly Pod[];
  /** Made when it is first asked for, which takes its time in a large cluster; undefined while the flows are not known. */
  readonly scenario: PlacementScenario | undefined;
}

export function livePlacement({ view, graph, nodesByName, config }: LivePlacementDeps, nowMs: number): LivePlacement {
  const pods = view.pods.list().filter(({ isFinished }) => !isFinished);
  const mayMove = (pod: Pod) => isMovable(pod, config.rescheduler.unmovedNamespaces);
  let scenario: PlacementScenario | undefined;
  return {
    isMovable: mayMove,
    podsOf: (workload) => pods.filter((pod) => workloadKey(pod.workload) === workload),
    get scenario() {
      scenario ??= scenarioNow();
      return scenario;
    },
  };

  function scenarioNow(): PlacementScenario | undefined {
    const traffic = measuredTraffic(graph, config, nowMs);
    if (!traffic) return undefined;
    const standing = replicasByWorkload(pods);
    const isMovableNow = (pod: Pod) =>
      mayMove(pod) && (standing.get(workloadKey(pod.workload)) ?? 0) >= config.rescheduler.replicasMin;
    const priced = nodesByName.of(view.nodes.list());
    return clusterScenario({ name: "live", ...priced, pods, pending: [], isMovable: isMovableNow, traffic }).scenario;
  }
}

function replicasByWorkload(pods: readonly Pod[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const key = workloadKey(pod.workload);
    if (isStanding(pod) && pod.isReady) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
