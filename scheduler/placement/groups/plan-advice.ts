/** What a plan says about one pod at the time when kube-scheduler asks. */
import type { GroupPlan } from "./group-plan.ts";
import type { PlanEntry } from "./plan-book.ts";
import { trafficOverlap } from "./traffic-overlap.ts";

export const planFallbacks = {
  expired: "the plan is too old to go by",
  "partner-elsewhere": "a pod that its place depends on went to another node",
  "node-gone": "the planned node is not in the cluster any more",
  "node-unschedulable": "the planned node takes no pods any more",
  "node-not-asked": "the planned node is not among those that kube-scheduler asked about",
  "traffic-turned": "the pod's workload exchanges most of its traffic with others than the plan went by",
} as const;

export type PlanFallback = keyof typeof planFallbacks;

export type PlanAdvice =
  | { readonly kind: "planned"; readonly plan: GroupPlan; readonly node: string }
  /** Scores are as without a plan. */
  | { readonly kind: "fallback"; readonly plan: GroupPlan; readonly node: string; readonly reason: PlanFallback };

export interface AdviceFacts {
  readonly nowMs: number;
  readonly ttlMs: number;
  /** The planned node as it is now. */
  readonly node: { readonly isSchedulable: boolean } | undefined;
  /** Whether it is among the nodes asked about. */
  readonly isAsked: boolean;
  /** What the pod's workload exchanges now, by peer; empty where nothing is known, which contradicts nothing. */
  readonly traffic: ReadonlyMap<string, number>;
}

/** Less than this part of the traffic in common, and the plan was about something else. */
const OVERLAP_MIN = 0.5;

export function planAdvice({ plan, pod, isVoid }: PlanEntry, facts: AdviceFacts): PlanAdvice {
  const planned = plan.traffic.get(pod.workload) ?? new Map<string, number>();
  const fallback = (reason: PlanFallback): PlanAdvice => ({ kind: "fallback", plan, node: pod.node, reason });
  if (facts.nowMs - plan.plannedAtMs >= facts.ttlMs) return fallback("expired");
  if (isVoid) return fallback("partner-elsewhere");
  if (!facts.node) return fallback("node-gone");
  if (!facts.node.isSchedulable) return fallback("node-unschedulable");
  if (!facts.isAsked) return fallback("node-not-asked");
  if (hasTurned(planned, facts.traffic)) return fallback("traffic-turned");
  return { kind: "planned", plan, node: pod.node };
}

function hasTurned(planned: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean {
  return planned.size > 0 && now.size > 0 && trafficOverlap(planned, now) < OVERLAP_MIN;
}
