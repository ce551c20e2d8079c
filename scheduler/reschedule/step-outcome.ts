/** What the steps of a plan have in common. */
import type { MoveProgress, PlacementPlan, PlannedMove } from "../../core/model/placement-plan.ts";
import type { Pod } from "../../core/model/pod.ts";
import type { PlanNews, PlanReason } from "./plan-news.ts";
import type { Situation } from "./situation.ts";

/** What every step is told. */
export interface StepInput {
  readonly plan: PlacementPlan;
  readonly situation: Situation;
  readonly nowMs: number;
}

/** A step of the move that is under way, the last that has begun. */
export interface MoveStepInput extends StepInput {
  readonly planned: PlannedMove;
}

export type StepOutcome = News | Wait | EvictStep;

export interface News {
  readonly kind: "news";
  readonly news: PlanNews;
}

/** Worth telling once. */
export interface Wait {
  readonly kind: "waits";
  readonly news: PlanNews;
  readonly untilMs: number | undefined;
}

/** The status has it already that this pod, and no other, is evicted for the move. */
export interface EvictStep {
  readonly kind: "evict";
  readonly pod: Pick<Pod, "namespace" | "name" | "uid">;
}

/** The move under way has come to this. */
export function moveNews({ plan }: StepInput, move: MoveProgress, reason: PlanReason, message: string): News {
  const moves = [...plan.status.moves.slice(0, -1), move];
  const phase = move.state === "Failed" ? "Abandoned" : "Running";
  return { kind: "news", news: { phase, reason, message, moves } };
}

export function waitFor({ plan }: StepInput, reason: PlanReason, message: string, untilMs?: number): Wait {
  return { kind: "waits", news: { phase: plan.status.phase, reason, message }, untilMs };
}
