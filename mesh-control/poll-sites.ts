/** Asks the proxies of shared Services for their counters, again and again; while none answers, the last answer stays. */
import type { Counter } from "prom-client";
import type { FlowReading } from "../core/model/flow.ts";
import { messageOf } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { FlowSource } from "../core/ports/flow-source.ts";
import type { Log } from "../core/ports/log.ts";

export interface SitesPollDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: FlowSource;
  readonly reads: Counter;
  readonly intervalMs: number;
  /** Without anybody to ask nothing is asked. */
  readonly hasTargets: () => boolean;
  readonly onReading: (reading: FlowReading) => void;
}

/** A question still open when the next is due is not joined by another. The answer ends it. */
export function startSitesPoll(deps: SitesPollDeps): () => Promise<void> {
  const { clock, log, source, reads, intervalMs, hasTargets, onReading } = deps;
  const stopping = new AbortController();
  let isFailing = false;
  let open: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      onReading(await source.read(stopping.signal));
      reads.inc({ outcome: "read" });
      if (isFailing) log.info("the load of sites can be read again");
      isFailing = false;
    } catch (error) {
      if (stopping.signal.aborted) return;
      reads.inc({ outcome: "failed" });
      if (!isFailing) log.warn("the load of sites cannot be read", { reason: messageOf(error) });
      isFailing = true;
    }
  }

  const cancel = clock.every(intervalMs, () => {
    if (!hasTargets()) return;
    open ??= ask().finally(() => {
      open = undefined;
    });
  });
  return async () => {
    cancel();
    stopping.abort();
    await open;
  };
}
