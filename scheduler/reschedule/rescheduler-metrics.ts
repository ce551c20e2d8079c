import { Counter, Gauge, type Registry } from "prom-client";

export const searchOutcomes = ["worth-it", "not-worth-it", "flows-unknown", "failed"] as const;
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
  const name = (rest: string) => `weft_scheduler_rescheduler_${rest}`;
  const counter = <T extends string>(rest: string, help: string, ...labelNames: T[]) =>
    new Counter({ name: name(rest), help, labelNames, registers });
  const gauge = (rest: string, help: string) => new Gauge({ name: name(rest), help, registers });
  const searches = counter("searches_total", "Searches for moves, by what they found.", "outcome");
  for (const outcome of searchOutcomes) searches.inc({ outcome }, 0);
  return {
    searches,
    plans: counter("plans_total", "Plans that were proposed, done or abandoned, by the reason.", "phase", "reason"),
    moves: counter("moves_total", "Moves that are over: moved, failed or skipped.", "outcome"),
    evictions: counter("evictions_total", "Evictions asked for, by the answer.", "outcome"),
    gainPredicted: gauge("gain_predicted", "What the latest plan promises to save, in bytes per second times cost."),
    gainReached: gauge("gain_reached", "What its moves have saved so far, by the flows after each."),
  };
}
