/** Plans the pods of a group together: both ways, through the extender and through gates, ask here. */
import type { FlowGraph } from "../../core/graph/flow-graph.ts";
import { plannedNodeAnnotation } from "../../core/model/placement-group.ts";
import type { PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { type Pod, podKey } from "../../core/model/pod.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { type KnownDemand, knownDemand } from "../known-demand.ts";
import { assignPods } from "../placement/assign-pods.ts";
import type { AssumedPods } from "../placement/assumed-pods.ts";
import { noRoomForIt } from "../placement/cluster-scenario/attempt-scenario.ts";
import { type ClusterScenario, clusterScenario } from "../placement/cluster-scenario.ts";
import type { GroupPlan, PlannedPod } from "../placement/groups/group-plan.ts";
import { type GroupTraffic, groupTraffic } from "../placement/groups/group-traffic.ts";
import { leaveOut } from "../placement/groups/leave-out.ts";
import { type Unplanned, type UnplannedReason, unplanned } from "../placement/groups/unplanned.ts";
import type { SchedulerConfig } from "../scheduler-config.ts";
import type { SchedulingView, WatchedCluster } from "../watched-cluster.ts";
import type { WatchedDemand } from "../watched-demand.ts";
import type { AskedPod } from "../wire/parse-args.ts";
import { comparePlan } from "./compare-plan.ts";
import type { NodesByName } from "./nodes-by-name.ts";
import type { PlanOrder, RunPlan } from "./plan-runner.ts";

export interface PlanGroupDeps {
  readonly view: SchedulingView;
  readonly cluster: WatchedCluster;
  readonly assumed: AssumedPods;
  readonly graph: FlowGraph;
  readonly nodesByName: NodesByName;
  readonly demand: WatchedDemand;
  readonly run: RunPlan;
  /** Why `/filter` would reject the node for the pod; undefined where it would not. */
  readonly rejectionOf: (pod: AskedPod, node: string) => string | undefined;
  readonly clock: Clock;
  readonly config: SchedulerConfig;
}

export interface GroupRequest {
  readonly name: string;
  readonly pods: readonly Pod[];
  /** Where another pod that is not bound yet is going to stand, if that is known. */
  readonly goesTo?: ((pod: Pod) => string | undefined) | undefined;
}

/** Pods that are in neither half talk to nobody, and are placed as if there were no plan. */
export type GroupOutcome =
  | { readonly kind: "planned"; readonly plan: GroupPlan }
  /** Nobody of the group has a node. */
  | { readonly kind: "unplanned"; readonly why: Unplanned };

/** Equal plans for equal data, in every replica. */
const SEED = 1;
/** The best placement of some hundred pods hardly gains after so many. */
const STEPS_PER_POD = 100;
const STEPS_MIN = 10_000;
/** All that stands is pinned; with a limit of 0 pending pods could not make room for each other. */
const MOVES_MAX = 1;
/** After each half of the pods are left out of a workload that found no room; later, of all. */
const TRIES_MAX = 16;

/** Never throws. */
export async function planGroup(deps: PlanGroupDeps, request: GroupRequest): Promise<GroupOutcome> {
  try {
    const { clock, cluster } = deps;
    const nowMs = clock.nowMs();
    if (!cluster.hasSynced) return nobody("view-unsynced");
    const demands = demandsOf(deps, request.pods, nowMs);
    const traffic = trafficOf(deps, demands, nowMs);
    const pending = request.pods.filter((pod) => traffic.talking.has(keyOfWorkload(pod))).sort(byName);
    if (pending.length === 0) return nobody(silenceOf(demands));
    const placed = await placementOf(deps, request, pending, traffic);
    const objective = comparePlan(deps.run, placed.scenario.scenario, placed.placement, placed.order);
    return { kind: "planned", plan: planOf(deps, { request, nowMs, traffic, demands, placed, objective }) };
  } catch (error) {
    return { kind: "unplanned", why: unplanned("planning-failed", messageOf(error)) };
  }
}

type Demands = ReadonlyMap<string, KnownDemand>;

function demandsOf({ graph, demand, config }: PlanGroupDeps, pods: readonly Pod[], nowMs: number): Demands {
  const demands = new Map<string, KnownDemand>();
  for (const pod of pods) {
    const workload = keyOfWorkload(pod);
    if (demands.has(workload)) continue;
    const expected = () => demand.expectedOf(askedOf(pod));
    demands.set(workload, knownDemand(workload, { graph, nowMs, expected }, config));
  }
  return demands;
}

function trafficOf({ cluster, assumed }: PlanGroupDeps, demands: Demands, nowMs: number): GroupTraffic {
  const state = cluster.current(nowMs);
  return groupTraffic({
    workloads: demands.keys(),
    neighboursOf: (workload) => demands.get(workload)?.neighbours ?? [],
    isStanding: (workload) => state.replicasOf(workload).total > 0 || assumed.nodesOf(workload).length > 0,
  });
}

function silenceOf(demands: Demands): UnplannedReason {
  const all = [...demands.values()];
  if (all.some(({ neighbours }) => neighbours.length > 0)) return "peers-unplaced";
  const [first] = all;
  return first?.silence === "telemetry-missing" || first?.silence === "telemetry-stale"
    ? first.silence
    : "flows-unknown";
}

/** By name, so that the order in which this replica heard of pods and nodes makes no difference. */
function scenarioOf(
  { view, assumed, nodesByName }: PlanGroupDeps,
  { name, goesTo = () => undefined }: GroupRequest,
  pending: readonly Pod[],
  { pairs }: GroupTraffic,
): ClusterScenario {
  const wanted = new Set(pending);
  const pods = view.pods.list().map((pod): Pod => {
    if (pod.node !== undefined || wanted.has(pod)) return pod;
    const node = assumed.get(podKey(pod))?.node ?? goesTo(pod) ?? pod.annotations[plannedNodeAnnotation];
    return node === undefined ? pod : { ...pod, node };
  });
  const traffic = { traffic: pairs, isMovable: () => false };
  return clusterScenario({ name, ...nodesByName.of(view.nodes.list()), ...traffic, pods: pods.sort(byName), pending });
}

interface Placed {
  /** Those that the scenario is about. */
  readonly pods: readonly Pod[];
  readonly scenario: ClusterScenario;
  readonly placement: PlannedPlacement;
  readonly order: PlanOrder;
}

/** Of as many as room is found for. */
async function placementOf(
  deps: PlanGroupDeps,
  request: GroupRequest,
  pending: readonly Pod[],
  traffic: GroupTraffic,
): Promise<Placed> {
  const { groupPlan } = deps.config;
  const stepsMax = Math.min(groupPlan.stepsMax, Math.max(STEPS_MIN, STEPS_PER_POD * pending.length));
  const order = { seed: SEED, movesMax: MOVES_MAX, stepsMax, millisecondsMax: groupPlan.planMsMax };
  let pods = pending;
  for (let tries = 1; ; tries++) {
    const scenario = scenarioOf(deps, request, pods, traffic);
    const crowded = new Set(
      pods.filter((pod) => scenario.unplanned.get(podKey(pod)) === noRoomForIt).map(keyOfWorkload),
    );
    if (crowded.size === 0) {
      const outcome = await deps.run(scenario.scenario, order);
      if (outcome.kind === "planned") return { pods, scenario, placement: outcome.placement, order };
      crowded.add(outcome.service);
    }
    if (tries === TRIES_MAX) return { pods, scenario, placement: new Map(), order };
    pods = leaveOut(pods, tries < TRIES_MAX / 2 ? crowded : new Set(pods.map(keyOfWorkload)));
  }
}

interface PlanParts {
  readonly request: GroupRequest;
  readonly nowMs: number;
  readonly traffic: GroupTraffic;
  readonly demands: Demands;
  readonly placed: Placed;
  readonly objective: GroupPlan["objective"];
}

function planOf({ rejectionOf }: PlanGroupDeps, parts: PlanParts): GroupPlan {
  const { request, nowMs, traffic, demands, placed, objective } = parts;
  const { scenario, placement } = placed;
  const assigned = assignPods(scenario, placement, placed.pods);
  const pods = new Map<string, PlannedPod>();
  const others = new Map<string, Unplanned>();
  for (const pod of [...request.pods].sort(byName)) {
    const [key, workload] = [podKey(pod), keyOfWorkload(pod)];
    const node = assigned.get(key);
    const rejection = node === undefined ? undefined : rejectionOf(askedOf(pod), node);
    // A plan knows nothing of the limits, and a pod that is told of a node must not hang on that.
    if (rejection !== undefined) others.set(key, unplanned("limit", rejection));
    else if (node !== undefined) pods.set(key, { uid: pod.uid, workload, node });
    else if (!traffic.talking.has(workload)) others.set(key, unplanned("flows-unknown"));
    else others.set(key, whyNot(scenario.unplanned.get(key)));
  }
  const remarks = [...demands.values()].flatMap((demand) => demand.remarks);
  return {
    ...{ name: request.name, plannedAtMs: nowMs, pods, unplanned: others, traffic: traffic.byPeer, objective },
    remarks: [...new Set([...remarks, ...scenario.remarks])].slice(0, REMARKS_MAX),
  };
}

const REMARKS_MAX = 16;

function whyNot(reason: string | undefined): Unplanned {
  return reason === undefined ? unplanned("no-room") : unplanned("kube-scheduler", reason);
}

function nobody(reason: UnplannedReason): GroupOutcome {
  return { kind: "unplanned", why: unplanned(reason) };
}

function byName(a: Pod, b: Pod): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

function keyOfWorkload({ workload }: Pod): string {
  return workloadKey(workload);
}

function askedOf(pod: Pod): AskedPod {
  const { namespace, name, uid, labels } = pod;
  return { namespace, name, uid, labels, workload: keyOfWorkload(pod) };
}
