import { Counter, Gauge, type Registry } from "prom-client";

const searchOutcomes = ["worth-it", "not-worth-it", "flows-unknown", "failed"] as const;
export type SearchOutcome = (typeof searchOutcomes)[number];

export interface ReschedulerMetrics {
  readonly searches: Counter<"outcome">;
  readonly plans: Counter<"phase" | "reason">;
  readonly moves: Counter<"outcome">;
  readonly evictions: Counter<"outcome">;
  /** Of the plan that was looked at last. */
  readonly gainPredicted: Gauge;
  readonly gainReached: Gauge;
}

export function createReschedulerMetrics(registry: Registry): ReschedulerMetrics {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const searches = counter(
    "weft_scheduler_rescheduler_searches_total",
    "Searches for moves, by what they found.",
    "outcome",
  );
  for (const outcome of searchOutcomes) searches.inc({ outcome }, 0);
  return {
    searches,
    plans: counter(
      "weft_scheduler_rescheduler_plans_total",
      "Plans that were proposed, done or abandoned, by the reason.",
      "phase",
      "reason",
    ),
    moves: counter(
      "weft_scheduler_rescheduler_moves_total",
      "Moves that are over: moved, failed or skipped.",
      "outcome",
    ),
    evictions: counter("weft_scheduler_rescheduler_evictions_total", "Evictions asked for, by the answer.", "outcome"),
    gainPredicted: gauge(
      "weft_scheduler_rescheduler_gain_predicted",
      "What the latest plan promises to save, in bytes per second times cost.",
    ),
    gainReached: gauge(
      "weft_scheduler_rescheduler_gain_reached",
      "What its moves have saved so far, by the flows after each.",
    ),
  };
}
