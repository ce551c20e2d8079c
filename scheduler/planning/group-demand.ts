/** What is known of the traffic of a group's pods. */
import type { FlowGraph } from "../../core/graph/flow-graph.ts";
import type { Pod } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { type KnownDemand, knownDemand } from "../known-demand.ts";
import type { AssumedPods } from "../placement/assumed-pods.ts";
import { type GroupTraffic, groupTraffic } from "../placement/groups/group-traffic.ts";
import type { UnplannedReason } from "../placement/groups/unplanned.ts";
import type { SchedulerConfig } from "../scheduler-config.ts";
import type { WatchedCluster } from "../watched-cluster.ts";
import type { WatchedDemand } from "../watched-demand.ts";
import { askedOf } from "./asked-of.ts";

export interface GroupDemandDeps {
  readonly cluster: WatchedCluster;
  readonly assumed: AssumedPods;
  readonly graph: FlowGraph;
  readonly demand: WatchedDemand;
  readonly config: SchedulerConfig;
}

export interface GroupDemand {
  readonly traffic: GroupTraffic;
  /** What was wrong with expected flows. */
  readonly remarks: readonly string[];
  /** Why a workload of the group has nothing to be placed by, which is not to be asked of those that talk. */
  silenceOf(workload: string): UnplannedReason;
}

export function groupDemand(deps: GroupDemandDeps, pods: readonly Pod[], nowMs: number): GroupDemand {
  const demands = demandsOf(deps, pods, nowMs);
  const state = deps.cluster.current(nowMs);
  return {
    traffic: groupTraffic({
      workloads: demands.keys(),
      neighboursOf: (workload) => demands.get(workload)?.neighbours ?? [],
      isStanding: (workload) => state.replicasOf(workload).total > 0 || deps.assumed.nodesOf(workload).length > 0,
    }),
    remarks: [...demands.values()].flatMap(({ remarks }) => remarks),
    silenceOf: (workload) => silence(demands.get(workload)),
  };
}

function demandsOf(
  { graph, demand, config }: GroupDemandDeps,
  pods: readonly Pod[],
  nowMs: number,
): ReadonlyMap<string, KnownDemand> {
  const demands = new Map<string, KnownDemand>();
  for (const pod of pods) {
    const workload = workloadKey(pod.workload);
    if (demands.has(workload)) continue;
    const expected = () => demand.expectedOf(askedOf(pod));
    demands.set(workload, knownDemand(workload, { graph, nowMs, expected }, config));
  }
  return demands;
}

function silence(demand: KnownDemand | undefined): UnplannedReason {
  if (demand && demand.neighbours.length > 0) return "peers-unplaced";
  const because = demand?.silence;
  return because === "telemetry-missing" || because === "telemetry-stale" ? because : "flows-unknown";
}
