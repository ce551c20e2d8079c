/** A small cluster in which a plan is carried out: pods as they stand, and everything else as a plan needs it unless told. */
import type { MoveProgress, PlacementPlan, PlanPhase } from "../../core/model/placement-plan.ts";
import { untouchedStatus } from "../../core/model/placement-plan.ts";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import type { Pod } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { hindranceTo } from "../../scheduler/reschedule/hindrance.ts";
import { isMovable } from "../../scheduler/reschedule/movable.ts";
import { type CarryingLimits, SinceNotes, type Situation } from "../../scheduler/reschedule/situation.ts";
import { TrafficCost } from "../../scheduler/reschedule/traffic-cost.ts";
import { livePod, type PodWords } from "./live-cluster.ts";
import { moveProposal } from "./placement-plan.ts";
import { scenarioOf } from "./placement-scenario.ts";

/** Of the API server's clock, which need not be ours. */
export const createdAtMs = Date.UTC(2030, 0, 1);

export interface StandingPod {
  /** `amf-1` is a pod of the Deployment amf in the namespace core. */
  readonly name: string;
  readonly on: string | undefined;
  /** Seconds after the others. */
  readonly age?: number;
  readonly isReady?: boolean;
  readonly isLeaving?: boolean;
  readonly words?: PodWords;
}

export function standingPod({ name, on, age = 0, isReady = true, isLeaving = false, words }: StandingPod): Pod {
  const pod = livePod(name, { ...(on !== undefined && { on }), isLeaving, ...words });
  return { ...pod, createdAtMs: createdAtMs + age * 1000, isReady: isReady && on !== undefined };
}

export interface SituationWords extends Partial<Omit<Situation, "podsOf" | "limits">> {
  readonly pods: readonly Pod[];
  /** Weight by `from>to`, names of the namespace core. */
  readonly traffic?: Readonly<Record<string, number>>;
  /** Pods that a node has room for; 9 unless told. */
  readonly room?: Readonly<Record<string, number>>;
  readonly limits?: Partial<CarryingLimits>;
}

const easyLimits: CarryingLimits = {
  moveCost: 0,
  moveCostPart: 0.01,
  dipMax: 0,
  movesPerHourMax: 100,
  cooldownMs: 1,
  replicasMin: 1,
  evictionMsMax: 10_000,
  replacementMsMax: 20_000,
  settleMs: 0,
};

export function planSituation({ pods, traffic = {}, room = {}, limits, ...changes }: SituationWords): Situation {
  const scenario = scenarioOfPods(pods, traffic, room);
  return {
    podsOf: (workload) => pods.filter((pod) => workloadKey(pod.workload) === workload),
    isMovable: (pod) => isMovable(pod, []),
    cost: new TrafficCost(scenario),
    hindranceTo: (move) => hindranceTo(move, scenario),
    past: [],
    notes: new SinceNotes(),
    isArmed: true,
    delay: undefined,
    limits: { ...easyLimits, ...limits },
    ...changes,
  };
}

export function scenarioOfPods(
  pods: readonly Pod[],
  traffic: Readonly<Record<string, number>>,
  room: Readonly<Record<string, number>> = {},
): PlacementScenario {
  const standing = pods.filter(({ node, isTerminating }) => node !== undefined && !isTerminating);
  const byWorkload = Map.groupBy(standing, (pod) => workloadKey(pod.workload));
  const services = [...byWorkload].map(([key, members]) => {
    const initial: Record<string, number> = {};
    for (const { node = "" } of members) initial[node] = (initial[node] ?? 0) + 1;
    return [key, { replicas: members.length, initial }] as const;
  });
  const pairs = Object.entries(traffic).flatMap(([pair, weight]) => {
    const [from = "", to = ""] = pair.split(">").map((name) => `core/${name}`);
    return byWorkload.has(from) && byWorkload.has(to) ? [[from, to, weight] as const] : [];
  });
  const nodes = { a: 9, b: 9, c: 9, ...room };
  return scenarioOf({ nodes, services: Object.fromEntries(services), traffic: pairs });
}

export interface PlanWords {
  /** As `moveProposal` has them. */
  readonly moves?: readonly string[];
  readonly phase?: PlanPhase;
  readonly reason?: string;
  readonly progress?: readonly MoveProgress[];
  readonly isApproved?: boolean;
}

export function planOf(words: PlanWords = {}): PlacementPlan {
  const { moves, progress = [], phase = progress.length > 0 ? "Running" : "Approved", isApproved = true } = words;
  const status = { ...untouchedStatus, phase, reason: words.reason ?? "NextMove", moves: progress };
  const head = { namespace: "weft-system", name: "plan-1", uid: "plan-1", generation: 1, version: "1", createdAtMs };
  return { ...head, isApproved, proposal: moveProposal(moves), status: { ...status, startedAtMs: undefined } };
}
