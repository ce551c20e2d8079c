/** What plans say of the pod that kube-scheduler asks about. */
import type { FlowGraph } from "../../core/graph/flow-graph.ts";
import { placementGroupKey, plannedNodeAnnotation } from "../../core/model/placement-group.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { knownDemand } from "../known-demand.ts";
import { type PlanAdvice, planAdvice } from "../placement/groups/plan-advice.ts";
import type { PlanBook, PlanEntry } from "../placement/groups/plan-book.ts";
import type { SchedulerConfig } from "../scheduler-config.ts";
import type { SchedulingView } from "../watched-cluster.ts";
import type { WatchedDemand } from "../watched-demand.ts";
import type { AskedPod } from "../wire/parse-args.ts";

export interface PlanAdvisorDeps {
  readonly book: PlanBook;
  readonly view: SchedulingView;
  readonly graph: FlowGraph;
  readonly demand: WatchedDemand;
  readonly clock: Clock;
  readonly config: SchedulerConfig;
}

/** Undefined for a pod without a plan. */
export type AdvisePlan = (pod: AskedPod, nodeNames: readonly string[]) => PlanAdvice | undefined;

export function createPlanAdvisor(deps: PlanAdvisorDeps): AdvisePlan {
  const { book, view, graph, demand, clock, config } = deps;

  function entryOf({ namespace, name, uid }: AskedPod, nowMs: number): PlanEntry | undefined {
    const key = `${namespace}/${name}`;
    return book.get(key, uid) ?? writtenEntry(key, uid, nowMs);
  }

  /**
   * The plan of whichever replica let the pod go from Weft's gate, which wrote it on the pod. It has no age: the pod's own node
   * affinity, which nobody takes back, says the same.
   */
  function writtenEntry(key: string, uid: string, nowMs: number): PlanEntry | undefined {
    const pod = view.pods.get(key);
    const node = pod?.annotations[plannedNodeAnnotation];
    if (!pod || node === undefined || (uid !== "" && pod.uid !== uid)) return undefined;
    const nothing = { pods: new Map(), unplanned: new Map(), traffic: new Map(), remarks: [] };
    const plan = { name: placementGroupKey(pod), plannedAtMs: nowMs, ...nothing };
    return { plan, pod: { uid: pod.uid, workload: "", node }, isVoid: false };
  }

  return (pod, nodeNames) => {
    const nowMs = clock.nowMs();
    const entry = entryOf(pod, nowMs);
    if (!entry) return undefined;
    const { node } = entry.pod;
    const { neighbours } = knownDemand(pod.workload, { graph, nowMs, expected: () => demand.expectedOf(pod) }, config);
    return planAdvice(entry, {
      ...{ nowMs, ttlMs: config.groupPlan.ttlMs },
      node: view.nodes.get(node),
      isAsked: nodeNames.includes(node),
      traffic: new Map(neighbours.map(({ workload, bytesPerSecond }) => [workload, bytesPerSecond])),
    });
  };
}
