import type { PlanBook } from "../placement/groups/plan-book.ts";
import type { SchedulingView } from "../watched-cluster.ts";
import type { PlanningMetrics } from "./planning-metrics.ts";

export interface SettlePlansDeps {
  readonly book: PlanBook;
  readonly view: SchedulingView;
  readonly metrics: PlanningMetrics;
}

/** Takes out of the book who has been bound, as planned or elsewhere, and who has gone. */
export function settlePlans({ book, view, metrics }: SettlePlansDeps): void {
  for (const key of [...book.keys()]) {
    const pod = view.pods.get(key);
    if (!pod || pod.isTerminating || !book.get(key, pod.uid)) book.forget(key);
    else if (pod.node !== undefined) metrics.landed.inc({ outcome: book.land(key, pod.node) ?? "elsewhere" });
  }
}
