/** What an explanation says of the plan of the pod's group. */
import type { PlanObjective } from "./placement/groups/group-plan.ts";
import { type PlanAdvice, planFallbacks } from "./placement/groups/plan-advice.ts";

export function explainPlan(advice: PlanAdvice, nowMs: number, objective: PlanObjective | undefined) {
  const { kind, plan, node } = advice;
  return {
    kind,
    ...(advice.kind === "fallback" && { reason: advice.reason, message: planFallbacks[advice.reason] }),
    node,
    group: plan.name,
    pods: plan.pods.size,
    ageMs: nowMs - plan.plannedAtMs,
    /** Mean cost of a byte of the group's traffic. */
    objective,
    remarks: plan.remarks,
  };
}
