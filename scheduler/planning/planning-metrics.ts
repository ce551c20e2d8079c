import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { planFallbacks } from "../placement/groups/plan-advice.ts";
import type { PlanBook } from "../placement/groups/plan-book.ts";

export interface PlanningMetrics {
  readonly plans: Counter<"way" | "outcome">;
  readonly plannedPods: Counter<"way">;
  readonly seconds: Histogram<"way">;
  readonly landed: Counter<"outcome">;
  readonly fallbacks: Counter<"reason">;
  readonly released: Counter<"outcome">;
  readonly gated: Gauge;
}

export interface PlanningMetricSources {
  readonly registry: Registry;
  readonly book: PlanBook;
}

export function createPlanningMetrics({ registry, book }: PlanningMetricSources): PlanningMetrics {
  const registers = [registry];
  new Gauge({
    name: "weft_scheduler_planned_pods_waiting",
    help: "Pods that have a plan and are not seen bound yet.",
    registers,
    collect() {
      this.set(book.size);
    },
  });
  const fallbacks = counter(
    "weft_scheduler_plan_fallbacks_total",
    "Answers that did not go by the pod's plan.",
    "reason",
  );
  for (const reason of Object.keys(planFallbacks)) fallbacks.inc({ reason }, 0);
  const landed = counter("weft_scheduler_planned_pods_landed_total", "Pods with a plan that were bound.", "outcome");
  for (const outcome of ["as-planned", "elsewhere"]) landed.inc({ outcome }, 0);
  return {
    fallbacks,
    landed,
    plans: counter("weft_scheduler_group_plans_total", "Plans of groups, by way and outcome.", "way", "outcome"),
    plannedPods: counter("weft_scheduler_planned_pods_total", "Pods that got a node by a plan, by way.", "way"),
    released: counter("weft_scheduler_released_pods_total", "Gated pods that were let go, by outcome.", "outcome"),
    gated: new Gauge({ name: "weft_scheduler_gated_pods", help: "Pods that wait behind Weft's gate.", registers }),
    seconds: new Histogram({
      name: "weft_scheduler_group_plan_seconds",
      help: "From a group being whole to its plan, by way.",
      labelNames: ["way"],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  };

  function counter<T extends string>(name: string, help: string, ...labelNames: T[]): Counter<T> {
    return new Counter({ name, help, labelNames, registers });
  }
}
