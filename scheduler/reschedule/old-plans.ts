import { isUnfinished, type PlacementPlan } from "../../core/model/placement-plan.ts";
import { budgetPeriodMs, pastEvictions } from "./move-budget.ts";

export interface KeepLimits {
  readonly plansKept: number;
  readonly cooldownMs: number;
}

/** In one go; the others have time. */
const DELETED_MAX = 20;

/**
 * The oldest of those that are over and too many, but none whose evictions still count: budget and rest of a workload follow from them.
 *
 * @param plans oldest first.
 */
export function plansToDelete(
  plans: readonly PlacementPlan[],
  { plansKept, cooldownMs }: KeepLimits,
  nowMs: number,
): readonly PlacementPlan[] {
  const over = plans.filter((plan) => !isUnfinished(plan));
  const countsSinceMs = nowMs - Math.max(budgetPeriodMs, cooldownMs);
  const tooMany = over.slice(0, Math.max(0, over.length - plansKept));
  return tooMany
    .filter((plan) => pastEvictions([plan]).every(({ atMs }) => atMs <= countsSinceMs))
    .slice(0, DELETED_MAX);
}
