import type { MoveProposal, PlacementPlan, PlanStatus } from "../model/placement-plan.ts";

/** What the rescheduler may change of plans. Every call throws WeftError kubernetes-* when it fails. */
export interface PlanWriter {
  /** Under a name that no other plan has; the answer is the plan as it was written. */
  createPlan(plan: NewPlan): Promise<PlacementPlan>;
  /**
   * In place of the whole status before; the answer is the plan with it.
   *
   * @throws WeftError kubernetes-conflict when the plan is no longer of that version, or gone
   */
  updatePlanStatus(plan: PlacementPlan, status: PlanStatus): Promise<PlacementPlan>;
  /** Deleting what is gone already is no error. */
  deletePlan(plan: Pick<PlacementPlan, "namespace" | "name" | "uid">): Promise<void>;
}

export interface NewPlan {
  readonly namespace: string;
  readonly isApproved: boolean;
  readonly proposal: MoveProposal;
}
