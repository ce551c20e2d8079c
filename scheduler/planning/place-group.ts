/** Searches a place for each pod of a group, on the cluster as it is. */
import { plannedNodeAnnotation } from "../../core/model/placement-group.ts";
import type { PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { type Pod, podKey } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { AssumedPods } from "../placement/assumed-pods.ts";
import { noRoomForIt } from "../placement/cluster-scenario/attempt-scenario.ts";
import { type ClusterScenario, clusterScenario } from "../placement/cluster-scenario.ts";
import type { PlanObjective } from "../placement/groups/group-plan.ts";
import type { GroupTraffic } from "../placement/groups/group-traffic.ts";
import { leaveOut } from "../placement/groups/leave-out.ts";
import type { SchedulerConfig } from "../scheduler-config.ts";
import type { SchedulingView } from "../watched-cluster.ts";
import type { NodesByName } from "./nodes-by-name.ts";
import type { RunPlan } from "./plan-runner.ts";
import { byName } from "./sort-by-name.ts";

export interface PlaceGroupDeps {
  readonly view: SchedulingView;
  readonly assumed: AssumedPods;
  readonly nodesByName: NodesByName;
  readonly run: RunPlan;
  readonly config: SchedulerConfig;
}

export interface GroupToPlace {
  readonly name: string;
  /** By name. */
  readonly pods: readonly Pod[];
  readonly traffic: GroupTraffic;
  /** Where another pod that is not bound yet is going to stand, if that is known. */
  goesTo(pod: Pod): string | undefined;
}

export interface PlacedGroup {
  /** Those for whom room was found, and those whom the scenario leaves to kube-scheduler. */
  readonly pods: readonly Pod[];
  readonly scenario: ClusterScenario;
  readonly placement: PlannedPlacement;
  readonly objective?: PlanObjective | undefined;
}

/** Equal plans for equal data, in every replica. */
const SEED = 1;
/** The best placement of some hundred pods hardly gains after so many. */
const STEPS_PER_POD = 100;
const STEPS_MIN = 5_000;
/** All that stands is pinned; with a limit of 0 pending pods could not make room for each other. */
const MOVES_MAX = 1;
/** After each half of the pods are left out of a workload that found no room; later, of all. */
const TRIES_MAX = 16;

/** @throws WeftError limit-reached, solver-failed */
export async function placeGroup(deps: PlaceGroupDeps, group: GroupToPlace): Promise<PlacedGroup> {
  const { groupPlan } = deps.config;
  const stepsMax = Math.min(groupPlan.stepsMax, Math.max(STEPS_MIN, STEPS_PER_POD * group.pods.length));
  const effort = { stepsMax, millisecondsMax: groupPlan.planMsMax };
  const order = { seed: SEED, movesMax: MOVES_MAX, ...effort, hasObjective: true };
  let { pods } = group;
  for (let tries = 1; ; tries++) {
    const scenario = scenarioOf(deps, { ...group, pods });
    const crowded = crowdedIn(scenario, pods);
    if (crowded.size === 0) {
      const outcome = await deps.run(scenario.scenario, order);
      if (outcome.kind === "planned")
        return { pods, scenario, placement: outcome.placement, objective: outcome.objective };
      crowded.add(outcome.service);
    }
    if (tries === TRIES_MAX) return { pods: [], scenario, placement: new Map() };
    pods = leaveOut(pods, tries < TRIES_MAX / 2 ? crowded : new Set(pods.map(({ workload }) => workloadKey(workload))));
  }
}

/** Workloads with more pods than fit on all nodes together. */
function crowdedIn({ unplanned }: ClusterScenario, pods: readonly Pod[]): Set<string> {
  const crowded = pods.filter((pod) => unplanned.get(podKey(pod)) === noRoomForIt);
  return new Set(crowded.map(({ workload }) => workloadKey(workload)));
}

/** By name, so that the order in which this replica heard of pods and nodes makes no difference. */
function scenarioOf(
  { view, assumed, nodesByName }: PlaceGroupDeps,
  { name, pods: pending, traffic, goesTo }: GroupToPlace,
): ClusterScenario {
  const wanted = new Set(pending);
  const pods = view.pods.list().map((pod): Pod => {
    if (pod.node !== undefined || wanted.has(pod)) return pod;
    const node = assumed.get(podKey(pod))?.node ?? goesTo(pod) ?? pod.annotations[plannedNodeAnnotation];
    return node === undefined ? pod : { ...pod, node };
  });
  return clusterScenario({
    ...{ name, ...nodesByName.of(view.nodes.list()), traffic: traffic.pairs, isMovable: () => false },
    pods: pods.sort(byName),
    pending,
  });
}
