/** Successes, failures by cause and latencies of each kind of procedure that a load generator drives. */
import { LatencyHistogram } from "../core/stats/latency-histogram.ts";

export interface ProcedureFigures {
  readonly succeeded: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export class ProcedureStatistics<Procedure extends string> {
  readonly #latencies: ReadonlyMap<Procedure, LatencyHistogram>;
  readonly #failures = new Map<Procedure, Map<string, number>>();

  constructor(procedures: readonly Procedure[]) {
    this.#latencies = new Map(procedures.map((procedure) => [procedure, new LatencyHistogram()]));
  }

  succeed(procedure: Procedure, latencyMs: number): void {
    this.#latencies.get(procedure)?.record(latencyMs);
  }

  fail(procedure: Procedure, cause: string): void {
    const causes = this.#failures.get(procedure) ?? new Map<string, number>();
    causes.set(cause, (causes.get(cause) ?? 0) + 1);
    this.#failures.set(procedure, causes);
  }

  /** Latencies are of successes only. */
  figures(elapsedMs: number): Readonly<Record<Procedure, ProcedureFigures>> {
    const entries = [...this.#latencies.keys()].map((name) => [name, this.#figuresOf(name, elapsedMs)] as const);
    return Object.fromEntries(entries) as Record<Procedure, ProcedureFigures>;
  }

  #figuresOf(procedure: Procedure, elapsedMs: number): ProcedureFigures {
    const { count = 0, p50Ms = 0, p90Ms = 0, p99Ms = 0, maxMs = 0 } = this.#latencies.get(procedure)?.summary() ?? {};
    const causes = [...(this.#failures.get(procedure) ?? [])];
    return {
      succeeded: count,
      failed: causes.reduce((sum, [, times]) => sum + times, 0),
      failures: Object.fromEntries(causes),
      perSecond: elapsedMs > 0 ? (count * 1000) / elapsedMs : 0,
      p50Ms,
      p90Ms,
      p99Ms,
      maxMs,
    };
  }
}
