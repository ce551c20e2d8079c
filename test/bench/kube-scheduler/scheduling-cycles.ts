/** What kube-scheduler says of its scheduling cycles, between two scrapes. */
import { parseExposition } from "../../../platform/prometheus/parse-exposition.ts";
import type { Component } from "../../control-plane/component.ts";

export interface SchedulingCycles {
  readonly count: number;
  /** Of all cycles. A cycle is what pods go through one after another: filters, scores and extenders, but not the binding. */
  readonly totalMs: number;
  /** By extension point; what is missing to `totalMs` is the extender's, and the scheduler's own bookkeeping. */
  readonly pointMs: ReadonlyMap<string, number>;
}

const cycleMetric = "scheduler_scheduling_algorithm_duration_seconds";
const pointMetric = "scheduler_framework_extension_point_duration_seconds";

export async function readCycles(scheduler: Component): Promise<SchedulingCycles> {
  const parsed = parseExposition(await scheduler.metrics(), (name) =>
    [`${cycleMetric}_sum`, `${cycleMetric}_count`, `${pointMetric}_sum`].includes(name),
  );
  if (parsed.kind === "rejected") throw new Error(`kube-scheduler's metrics, line ${parsed.line}: ${parsed.reason}`);
  const pointMs = new Map<string, number>();
  let [count, totalMs] = [0, 0];
  for (const { name, labels, value } of parsed.samples) {
    const point = labels.get("extension_point") ?? "";
    if (name === `${pointMetric}_sum`) pointMs.set(point, (pointMs.get(point) ?? 0) + 1000 * value);
    else if (name === `${cycleMetric}_sum`) totalMs += 1000 * value;
    else count += value;
  }
  return { count, totalMs, pointMs };
}

export function cyclesBetween(before: SchedulingCycles, after: SchedulingCycles): SchedulingCycles {
  const points = [...after.pointMs].map(([point, ms]) => [point, ms - (before.pointMs.get(point) ?? 0)] as const);
  return {
    count: after.count - before.count,
    totalMs: after.totalMs - before.totalMs,
    pointMs: new Map(points),
  };
}
