/** The status that follows when a plan has come further, or waits for something else than before. */
import { type Condition, withCondition } from "../../core/model/condition.ts";
import type { MoveProgress, PlacementPlan, PlanPhase, PlanStatus } from "../../core/model/placement-plan.ts";

export interface PlanNews {
  readonly phase: PlanPhase;
  readonly reason: PlanReason;
  readonly message: string;
  /** As they are now; as before unless told. */
  readonly moves?: readonly MoveProgress[];
}

/** Why a plan stands where it does; the README has what each means. */
export type PlanReason =
  | "Proposed"
  | "Approved"
  | "Evicting"
  | "EvictionDelayed"
  | "Replacing"
  | "Settling"
  | "FlowsUnknown"
  | "WorkloadUnready"
  | "WorkloadCooling"
  | "HourlyMovesMade"
  | "NextMove"
  | "MovesMade"
  | "NothingGained"
  | "Withdrawn"
  | "NotWorthIt"
  | "Superseded"
  | "NoReplacement"
  | "NoGain";

/** Times of transition move only where a condition's status does. */
export function statusAfter(plan: PlacementPlan, news: PlanNews, nowMs: number): PlanStatus {
  const { status: before, generation: observedGeneration } = plan;
  const { phase, reason, message, moves = before.moves } = news;
  const isOver = phase === "Done" || phase === "Abandoned";
  const conditions = [approved(plan), complete(news)].reduce<readonly Condition[]>(
    (all, condition) => withCondition(all, { ...condition, observedGeneration }, nowMs),
    before.conditions,
  );
  return {
    observedGeneration,
    phase,
    reason,
    message,
    moves,
    startedAtMs: before.startedAtMs ?? (phase === "Running" ? nowMs : undefined),
    finishedAtMs: isOver ? nowMs : undefined,
    conditions,
  };
}

type NewCondition = Omit<Condition, "lastTransitionTime" | "observedGeneration">;

function approved({ isApproved, status }: PlacementPlan): NewCondition {
  const type = "Approved";
  if (isApproved) return { type, status: "True", reason: "Approved", message: "its moves may be made" };
  const wasApproved = status.phase !== "Proposed";
  const message = wasApproved ? "spec.approved was taken back" : "set spec.approved to have its moves made";
  return { type, status: "False", reason: wasApproved ? "Withdrawn" : "Waiting", message };
}

function complete({ phase, reason, message }: PlanNews): NewCondition {
  return { type: "Complete", status: phase === "Done" ? "True" : "False", reason, message };
}
