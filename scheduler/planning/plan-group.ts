/** Plans the pods of a group together: both ways, through the extender and through gates, ask here. */
import { type Pod, podKey } from "../../core/model/pod.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { assignPods } from "../placement/assign-pods.ts";
import type { GroupPlan, PlannedPod } from "../placement/groups/group-plan.ts";
import { type Unplanned, unplanned } from "../placement/groups/unplanned.ts";
import type { AskedPod } from "../wire/parse-args.ts";
import { askedOf } from "./asked-of.ts";
import { type GroupDemand, type GroupDemandDeps, groupDemand } from "./group-demand.ts";
import { type PlacedGroup, type PlaceGroupDeps, placeGroup } from "./place-group.ts";
import { byName } from "./sort-by-name.ts";

export interface PlanGroupDeps extends GroupDemandDeps, PlaceGroupDeps {
  /** Why `/filter` would reject the node for the pod; undefined where it would not. */
  readonly rejectionOf: (pod: AskedPod, node: string) => string | undefined;
  readonly clock: Clock;
}

export interface GroupRequest {
  readonly name: string;
  readonly pods: readonly Pod[];
  /** Where another pod that is not bound yet is going to stand, if that is known. */
  readonly goesTo: (pod: Pod) => string | undefined;
}

export type GroupOutcome =
  /** Perhaps for some of the group alone. */
  | { readonly kind: "planned"; readonly plan: GroupPlan }
  /** Nobody of the group has a node. */
  | { readonly kind: "unplanned"; readonly why: Unplanned };

/** Never throws. */
export async function planGroup(deps: PlanGroupDeps, { name, pods, goesTo }: GroupRequest): Promise<GroupOutcome> {
  try {
    const nowMs = deps.clock.nowMs();
    if (!deps.cluster.hasSynced) return { kind: "unplanned", why: unplanned("view-unsynced") };
    const sorted = [...pods].sort(byName);
    const demand = groupDemand(deps, sorted, nowMs);
    const { traffic } = demand;
    const talking = sorted.filter(({ workload }) => traffic.talking.has(workloadKey(workload)));
    if (talking.length === 0) return { kind: "unplanned", why: unplanned(commonSilence(demand, sorted)) };
    const placed = await placeGroup(deps, { name, pods: talking, traffic, goesTo });
    return { kind: "planned", plan: planOf(deps, { name, nowMs, pods: sorted, demand, placed }) };
  } catch (error) {
    return { kind: "unplanned", why: unplanned("planning-failed", messageOf(error)) };
  }
}

/** Something is known of a group where anything is known of anybody. */
function commonSilence({ silenceOf }: GroupDemand, pods: readonly Pod[]) {
  const reasons = pods.map(({ workload }) => silenceOf(workloadKey(workload)));
  return reasons.find((reason) => reason === "peers-unplaced") ?? reasons[0] ?? "flows-unknown";
}

interface PlanParts {
  readonly name: string;
  readonly nowMs: number;
  readonly pods: readonly Pod[];
  readonly demand: GroupDemand;
  readonly placed: PlacedGroup;
}

const REMARKS_MAX = 16;

function planOf({ rejectionOf }: PlanGroupDeps, { name, nowMs, pods, demand, placed }: PlanParts): GroupPlan {
  const { scenario, placement, objective } = placed;
  const assigned = assignPods(scenario, placement, placed.pods);
  const planned = new Map<string, PlannedPod>();
  const others = new Map<string, Unplanned>();
  for (const pod of pods) {
    const [key, workload] = [podKey(pod), workloadKey(pod.workload)];
    const node = assigned.get(key);
    // A plan knows nothing of the limits, and a pod that is told of a node must not hang on that.
    const rejection = node === undefined ? undefined : rejectionOf(askedOf(pod), node);
    if (rejection !== undefined) others.set(key, unplanned("limit", rejection));
    else if (node !== undefined) planned.set(key, { uid: pod.uid, workload, node });
    else others.set(key, whyNot(pod, demand, placed));
  }
  return {
    ...{ name, plannedAtMs: nowMs, pods: planned, unplanned: others, traffic: demand.traffic.byPeer },
    objective,
    remarks: [...new Set([...demand.remarks, ...scenario.remarks])].slice(0, REMARKS_MAX),
  };
}

function whyNot(pod: Pod, { traffic, silenceOf }: GroupDemand, { pods, scenario }: PlacedGroup): Unplanned {
  const workload = workloadKey(pod.workload);
  if (!traffic.talking.has(workload)) return unplanned(silenceOf(workload));
  const reason = pods.includes(pod) ? scenario.unplanned.get(podKey(pod)) : undefined;
  return reason === undefined ? unplanned("no-room") : unplanned("kube-scheduler", reason);
}
