/** Between two moves: whether there is another one, whether it may begin, and with which pod. */
import { present } from "../../core/model/invariant.ts";
import {
  gainReached,
  type MoveProgress,
  type PlacementPlan,
  type PlannedMove,
} from "../../core/model/placement-plan.ts";
import type { Pod } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { gainText } from "./gain-text.ts";
import { isStanding, youngest } from "./movable.ts";
import { coolingUntilMs, nextMoveAtMs } from "./move-budget.ts";
import { replicaMove, worthOf } from "./move-proposal.ts";
import type { PlanNews, PlanReason } from "./plan-news.ts";
import type { Situation } from "./situation.ts";
import { type MoveStepInput, type StepInput, type StepOutcome, waitFor } from "./step-outcome.ts";
import type { TrafficCost } from "./traffic-cost.ts";
import { worthwhileMoves } from "./worthwhile-moves.ts";

export function nextMoveStep(input: StepInput): StepOutcome {
  const { plan, situation } = input;
  const { status, proposal, isApproved } = plan;
  if (!isApproved) return abandon("Withdrawn", "spec.approved was taken back");
  if (status.phase === "Proposed") {
    const message = "its moves are made one after another, as soon as each may be";
    return news({ phase: "Approved", reason: "Approved", message });
  }
  const planned = proposal.moves[status.moves.length];
  if (!planned) return finish(plan);
  const step = { ...input, planned };
  // What traffic costs takes a while to work out in a large cluster, so it is asked for only when the move may be made.
  const tooSoon = pause(step);
  if (tooSoon) return tooSoon;
  if (!situation.cost) return waitFor(input, "FlowsUnknown", "nothing moves while the flows are not known");
  const hindrance = hindranceTo(planned, situation);
  if (hindrance !== undefined) return skip(step, hindrance);
  if (!isRestWorthIt(plan, situation.cost, situation))
    return abandon("NotWorthIt", "by the flows as they are now, what is left to move gains less than it costs");
  return untilReady(step) ?? begin(step);
}

/** Why there is nothing to evict for the move. */
function hindranceTo(planned: PlannedMove, situation: Situation): string | undefined {
  const key = workloadKey(planned.workload);
  if (candidates(planned, situation).length === 0) return `${key} has no pod on node ${planned.from} that may be moved`;
  const hindrance = situation.hindranceTo(replicaMove(planned));
  return hindrance === undefined ? undefined : `node ${planned.to} cannot take a pod of ${key}: ${hindrance}`;
}

function candidates({ workload, from }: PlannedMove, { podsOf, isMovable }: Situation): readonly Pod[] {
  return podsOf(workloadKey(workload)).filter((pod) => pod.node === from && isMovable(pod));
}

function isRestWorthIt({ proposal, status }: PlacementPlan, cost: TrafficCost, { limits }: Situation): boolean {
  const rest = proposal.moves.slice(status.moves.length).map(replicaMove);
  return worthwhileMoves(rest, cost, worthOf(cost, limits)).length > 0;
}

/** If it is too soon after others. */
function pause(step: MoveStepInput): StepOutcome | undefined {
  const { planned, situation, nowMs } = step;
  const { past, limits } = situation;
  const key = workloadKey(planned.workload);
  const coolMs = coolingUntilMs(past, key, limits.cooldownMs, nowMs);
  if (coolMs !== undefined) return waitFor(step, "WorkloadCooling", `${key} is left alone after its last move`, coolMs);
  const nextMs = nextMoveAtMs(past, limits.movesPerHourMax, nowMs);
  if (nextMs === undefined) return undefined;
  return waitFor(step, "HourlyMovesMade", `${limits.movesPerHourMax} moves were made within an hour`, nextMs);
}

/** If the workload has to be waited for. */
function untilReady(step: MoveStepInput): StepOutcome | undefined {
  const { plan, planned, situation, nowMs } = step;
  const { limits, notes, podsOf } = situation;
  const key = workloadKey(planned.workload);
  const unready = whyUnready(podsOf(key), limits.replicasMin);
  if (unready === undefined) return undefined;
  const elapsedMs = notes.elapsedMs(`unready/${plan.uid}/${plan.status.moves.length}`, nowMs);
  if (elapsedMs >= limits.replacementMsMax) return skip(step, `${key} ${unready}`);
  return waitFor(step, "WorkloadUnready", `${key} ${unready}`, nowMs + limits.replacementMsMax - elapsedMs);
}

/** A workload that is not whole has enough to do; and then nobody could tell the replacement from what else is to come. */
function whyUnready(pods: readonly Pod[], replicasMin: number): string | undefined {
  if (pods.some(({ isTerminating }) => isTerminating)) return "has a pod that is on its way out";
  if (!pods.every((pod) => isStanding(pod) && pod.isReady)) return "has a pod that is not ready";
  return pods.length < replicasMin ? `has fewer than ${replicasMin} pods` : undefined;
}

function begin(step: MoveStepInput): StepOutcome {
  const { planned, situation, nowMs } = step;
  const key = workloadKey(planned.workload);
  const pod = present(youngest(candidates(planned, situation)), "a pod to move");
  const others = situation.podsOf(key).filter(({ uid }) => uid !== pod.uid);
  const newestOtherAtMs = others.length > 0 ? Math.max(...others.map((each) => each.createdAtMs ?? 0)) : undefined;
  const move = { state: "Evicting", pod: pod.name, podUid: pod.uid, newestOtherAtMs, sinceMs: nowMs } as const;
  const message = `pod ${pod.name} of ${key} is to leave node ${planned.from} for node ${planned.to}`;
  return nextMove(step, move, "Evicting", message);
}

function finish({ proposal, status }: PlacementPlan): StepOutcome {
  const made = status.moves.filter(({ state }) => state === "Moved").length;
  if (made === 0) return abandon("NothingGained", "every move had to be left out");
  const reached = gainReached(status);
  // As when way was made for a move that had to be left out.
  if (reached <= 0)
    return abandon("NothingGained", `${made} of ${proposal.moves.length} moves made, which save nothing`);
  const [saved, promised] = [reached, proposal.gain].map((gain) => gainText(gain, proposal));
  const message = `${made} of ${proposal.moves.length} moves made, which save ${saved}, where ${promised} was promised`;
  return news({ phase: "Done", reason: "MovesMade", message });
}

function skip(step: MoveStepInput, message: string): StepOutcome {
  const number = step.plan.status.moves.length + 1;
  return nextMove(step, { state: "Skipped", message }, "NextMove", `move ${number} is left out: ${message}`);
}

function nextMove({ plan }: StepInput, move: MoveProgress, reason: PlanReason, message: string): StepOutcome {
  return news({ phase: "Running", reason, message, moves: [...plan.status.moves, move] });
}

function abandon(reason: PlanReason, message: string): StepOutcome {
  return news({ phase: "Abandoned", reason, message });
}

function news(said: PlanNews): StepOutcome {
  return { kind: "news", news: said };
}
