/**
 * What to do next for a plan, from its status and the cluster alone: any replica can go on where another has ended.
 *
 *     Proposed -> Approved -> Running -> Done
 *         \___________\__________\____-> Abandoned
 *
 * For each move in turn: Evicting (a pod is chosen and written down before it is asked for) -> Replacing -> Moved or Failed; or
 * Skipped, if no pod has to be evicted for it any more. One that Failed ends the plan.
 */
import { present } from "../../core/model/invariant.ts";
import { isUnfinished, type PlacementPlan, type PlanStatus } from "../../core/model/placement-plan.ts";
import { evictingStep } from "./evicting-step.ts";
import { nextMoveStep } from "./next-move-step.ts";
import { statusAfter } from "./plan-news.ts";
import { replacingStep } from "./replacing-step.ts";
import type { Situation } from "./situation.ts";
import type { EvictStep, StepInput, StepOutcome } from "./step-outcome.ts";

export type PlanStep =
  /** Nothing, until something changes or that time has come. */
  | { readonly kind: "rest"; readonly untilMs: number | undefined }
  /** Write this; the next step follows from it. */
  | { readonly kind: "write"; readonly status: PlanStatus }
  | EvictStep;

/** @param plan one that is approved, or was. */
export function nextPlanStep(plan: PlacementPlan, situation: Situation, nowMs: number): PlanStep {
  if (!isUnfinished(plan)) return { kind: "rest", untilMs: undefined };
  const outcome = outcomeOf({ plan, situation, nowMs });
  switch (outcome.kind) {
    case "evict":
      return outcome;
    case "news":
      return { kind: "write", status: statusAfter(plan, outcome.news, nowMs) };
    case "waits": {
      const { phase, reason } = outcome.news;
      const isTold = plan.status.reason === reason && plan.status.phase === phase;
      if (isTold) return { kind: "rest", untilMs: outcome.untilMs };
      return { kind: "write", status: statusAfter(plan, outcome.news, nowMs) };
    }
  }
}

function outcomeOf(input: StepInput): StepOutcome {
  const { proposal, status } = input.plan;
  const last = status.moves.at(-1);
  if (last?.state !== "Evicting" && last?.state !== "Replacing") return nextMoveStep(input);
  const step = { ...input, planned: present(proposal.moves[status.moves.length - 1], "the move under way") };
  return last.state === "Evicting" ? evictingStep(step, last) : replacingStep(step, last);
}
