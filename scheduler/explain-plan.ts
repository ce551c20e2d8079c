/** What an explanation says of the plan of the pod's group. */
import { type PlanAdvice, planFallbacks } from "./placement/groups/plan-advice.ts";

export function explainPlan(advice: PlanAdvice, nowMs: number) {
  const { kind, plan, node } = advice;
  return {
    kind,
    ...(advice.kind === "fallback" && { reason: advice.reason, message: planFallbacks[advice.reason] }),
    node,
    group: plan.name,
    pods: plan.pods.size,
    ageMs: nowMs - plan.plannedAtMs,
    remarks: plan.remarks,
  };
}

/** In a sentence: `by the plan of core/5gc`. */
export function planText({ plan, ...advice }: PlanAdvice): string {
  const what = `the plan of ${plan.name}`;
  if (advice.kind === "planned") return `${what} has it on ${advice.node}`;
  return `${what} has it on ${advice.node}, but ${planFallbacks[advice.reason]}`;
}
