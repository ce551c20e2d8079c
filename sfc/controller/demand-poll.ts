/** Asks for the measured demand again and again; while nobody answers, the last answer stays. */
import { messageOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { DemandSource } from "../demand-source.ts";
import type { SfcMetrics } from "../sfc-metrics.ts";

export interface DemandPollDeps {
  readonly source: DemandSource;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<SfcMetrics, "demandReads">;
  /** Called with every answer. */
  readonly onDemand: (demands: ReadonlyMap<string, number>) => void;
}

/** Asks at once; a question still open when the next is due is not joined by another. The answer ends it. */
export function startDemandPoll(deps: DemandPollDeps): () => Promise<void> {
  const { source, intervalMs, clock, log, metrics, onDemand } = deps;
  const stopping = new AbortController();
  let isFailing = false;
  let open: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      onDemand(await source(stopping.signal));
      metrics.demandReads.inc({ outcome: "read" });
      if (isFailing) log.info("the demand of chains can be read again");
      isFailing = false;
    } catch (error) {
      if (stopping.signal.aborted) return;
      metrics.demandReads.inc({ outcome: "failed" });
      if (!isFailing) log.warn("the demand of chains cannot be read", { reason: messageOf(error) });
      isFailing = true;
    }
  }

  function poll(): void {
    open ??= ask().finally(() => {
      open = undefined;
    });
  }

  poll();
  const cancel = clock.every(intervalMs, poll);
  return async () => {
    cancel();
    stopping.abort();
    await open;
  };
}
