/** What proxies have told of sites: what load comes from each, and how far they are from each other. */
import { DelayTable } from "../core/graph/delay-table.ts";
import type { FlowReading } from "../core/model/flow.ts";
import type { ControlConfig } from "./control-config.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { sharedServices } from "./shared-services.ts";
import { SiteDemand } from "./site-demand.ts";
import type { SiteMeasurements } from "./site-plans.ts";

export interface SiteReadings extends SiteMeasurements {
  /** Whether weights may change by it: any shared Service's load has moved. Delays count with the next load that moves. */
  observe(reading: FlowReading, index: MeshIndex | undefined): boolean;
  /** Of Services that are gone. */
  forget(isKnown: (service: string) => boolean): void;
}

/** A pair of nodes has the least round trip of ten minutes, and is forgotten after a day. */
const delayOptions = { spanMs: 600_000, forgottenAfterMs: 86_400_000, pairsMax: 100_000 };

export function createSiteReadings(config: ControlConfig): SiteReadings {
  const { siteDemandHalfLifeMs: halfLifeMs, siteDemandChange: change, localityLatencyMs: latencyMs } = config;
  const demand = new SiteDemand({ halfLifeMs, change });
  const delays = config.siteDelays === "measured" ? new DelayTable(delayOptions) : undefined;
  return {
    latencyMs,
    demandOf: (service, pods) => demand.to(service, pods),
    measuredPairs: () => delays?.pairs() ?? [],
    observe(reading, index) {
      demand.observe(reading);
      delays?.observe(reading.delays, reading.atMs);
      return sharedServices(index).some(({ service, pods }) => demand.hasMoved(service, pods));
    },
    forget: (isKnown) => demand.forget(isKnown),
  };
}
