/** A plan of a live cluster: which node for each pending pod, besides what a plan of any scenario says. */
import type { PlacementScenario, PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { podKey } from "../../core/model/pod.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { CELLS_MAX } from "../../platform/schema/scenario-contradictions.ts";
import { assignPods } from "../placement/assign-pods.ts";
import { Remarks } from "../placement/cluster-scenario/remarks.ts";
import { type ClusterScenarioInput, clusterScenario } from "../placement/cluster-scenario.ts";
import type { PlanAnswer } from "./plan-answer.ts";
import { type PlanSearch, searchPlan } from "./run-plan.ts";

export interface ClusterPlanAnswer extends PlanAnswer {
  /** By pod, as `namespace/name`, the node of each pending pod that is planned. */
  readonly pods: Readonly<Record<string, string>>;
  /** By pod, why a pending pod is left to kube-scheduler. */
  readonly unplanned: Readonly<Record<string, string>>;
  /** What could not be expressed, and what was done instead. */
  readonly remarks: readonly string[];
}

const noRoomBesideOthers = "no room was found beside the others";

/**
 * Workloads whose pending pods find no room beside the others are left to kube-scheduler, one after another.
 *
 * @throws WeftError scenario-invalid when there is nothing to plan, solver-failed when the search breaks what it promises
 */
export function planCluster(input: ClusterScenarioInput, search: PlanSearch): ClusterPlanAnswer {
  const leftOut = new Map<string, string>();
  for (let { pending } = input; ; pending = pending.filter((pod) => !leftOut.has(podKey(pod)))) {
    const planned = clusterScenario({ ...input, pending });
    const { scenario, unplanned, remarks } = planned;
    requirePlannable(scenario);
    const outcome = searchPlan(scenario, search);
    if (outcome.kind === "answered") {
      const { answer } = outcome;
      const pods = assignPods(planned, placementOf(answer), pending);
      const left = Object.fromEntries([...unplanned, ...leftOut]);
      return { ...answer, pods: Object.fromEntries(pods), unplanned: left, remarks: [...remarks, ...said(leftOut)] };
    }
    const crowded = pending.filter(({ workload }) => workloadKey(workload) === outcome.service);
    // Where those that stand find no room anew, it is what is pending that takes it.
    for (const pod of crowded.length > 0 ? crowded : pending) leftOut.set(podKey(pod), noRoomBesideOthers);
    if (pending.length === 0) throw new WeftError("solver-failed", "no room was found for what stands already");
  }
}

function requirePlannable({ nodes, services }: PlacementScenario): void {
  if (services.length === 0)
    throw new WeftError("scenario-invalid", "the cluster has no pods that a plan could be about");
  if (nodes.length * services.length > CELLS_MAX)
    throw new WeftError(
      "scenario-invalid",
      `${services.length} workloads on ${nodes.length} nodes are more than ${CELLS_MAX} cells`,
    );
}

function said(leftOut: ReadonlyMap<string, string>): readonly string[] {
  const remarks = new Remarks();
  for (const [key, why] of leftOut) remarks.add(`left to kube-scheduler, as ${why}`, key);
  return remarks.lines();
}

function placementOf({ placement }: PlanAnswer): PlannedPlacement {
  return new Map(Object.entries(placement).map(([service, byNode]) => [service, new Map(Object.entries(byNode))]));
}
