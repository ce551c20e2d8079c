/** Asks the proxies of shared Services for their counters, again and again; while none answers, the last answer stays. */
import type { Counter, Registry } from "prom-client";
import { proxyMetricsUrl } from "../core/model/mesh-snapshot.ts";
import { messageOf } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import { createScrapeFlowSource } from "../platform/prometheus/scrape-flow-source.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { SiteDemand } from "./site-demand.ts";

export interface SiteDemandPollDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly reads: Counter;
  readonly intervalMs: number;
  readonly index: () => MeshIndex | undefined;
  readonly demand: SiteDemand;
  /** Called after every reading. */
  readonly onRead: () => void;
}

/** A question still open when the next is due is not joined by another. The answer ends it. */
export function startSiteDemandPoll(deps: SiteDemandPollDeps): () => Promise<void> {
  const { clock, log, registry, reads, intervalMs, index, demand, onRead } = deps;
  const source = createScrapeFlowSource({ targets: () => targetsOf(index()), clock, log, registry });
  const stopping = new AbortController();
  let open: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      demand.observe(await source.read(stopping.signal));
      reads.inc({ outcome: "read" });
      onRead();
    } catch (error) {
      if (stopping.signal.aborted) return;
      reads.inc({ outcome: "failed" });
      log.warn("the load of sites cannot be read", { reason: messageOf(error) });
    }
  }

  const cancel = clock.every(intervalMs, () => {
    if (targetsOf(index()).length === 0) return;
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

/** Of live pods that take a shared Service's load: nobody else is asked. */
function targetsOf(index: MeshIndex | undefined): readonly string[] {
  if (!index) return [];
  const shared = [...index.services.values()].filter(({ sharing }) => sharing?.kind === "parsed");
  const addresses = shared.flatMap((service) => index.splits.endpointPods(service)).map(({ address }) => address);
  return [...new Set(addresses)].map(proxyMetricsUrl);
}
