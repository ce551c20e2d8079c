/** Weft's own components, as they run beside a cluster: mesh-control, the chain controller, and one extender for each plugin. */
import { Registry } from "prom-client";
import { meshPort, proxyMetricsUrl } from "../core/model/mesh-snapshot.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { FlowSource } from "../core/ports/flow-source.ts";
import type { Log } from "../core/ports/log.ts";
import { controlConfigSchema } from "../mesh-control/control-config.ts";
import { type RunningControl, startControl } from "../mesh-control/start-control.ts";
import type { MemoryCluster } from "../platform/memory/memory-cluster.ts";
import { createScrapeFlowSource } from "../platform/prometheus/scrape-flow-source.ts";
import { type RunningScheduler, startScheduler } from "../scheduler/scheduler.ts";
import { schedulerConfigSchema } from "../scheduler/scheduler-config.ts";
import { sfcConfigSchema } from "../sfc/sfc-config.ts";
import { type RunningSfc, startSfc } from "../sfc/start-sfc.ts";
import type { LabConfig } from "./lab-config.ts";
import type { LabNetwork } from "./lab-network.ts";

export interface ControlSide {
  readonly control: RunningControl;
  readonly sfc: RunningSfc;
  /** By plugin. Both learn all the time, whichever of them is asked. */
  readonly extenders: { readonly netmarks: RunningScheduler; readonly locality: RunningScheduler };
  /** The same counters that the extenders learn from. */
  readonly flowSource: FlowSource;
  stop(): Promise<void>;
}

export interface ControlSideDeps {
  readonly cluster: MemoryCluster;
  readonly network: LabNetwork;
  readonly linkLatencyMs: LabConfig["linkLatencyMs"];
  readonly clock: Clock;
  readonly log: Log;
  random(): number;
}

const local = { host: "127.0.0.1", port: 0 };
const POLL_INTERVAL_MS = 1000;
const SITE_DEMAND_INTERVAL_MS = 500;

export async function startControlSide(deps: ControlSideDeps): Promise<ControlSide> {
  const { cluster, network, clock, log } = deps;
  const view = cluster;
  const siteSettings = { localityLatencyMs: deps.linkLatencyMs, siteDemandIntervalMs: SITE_DEMAND_INTERVAL_MS };
  const control = await startControl(controlConfigSchema.parse({ ...local, ...siteSettings }), {
    view,
    clock,
    log,
    endpointAddress: (fromNode, { address }) => ({ address: network.addressFrom(fromNode, address), port: meshPort }),
  });
  const netmarks = await startExtender("netmarks", deps);
  const locality = await startExtender("locality", deps);
  const sfcConfig = {
    ...local,
    schedulerUrl: locality.url,
    localityLatencyMs: deps.linkLatencyMs,
    activationDelayMs: 500,
  };
  const sfc = await startSfc(sfcConfigSchema.parse(sfcConfig), {
    view,
    writer: cluster.writer,
    recorder: cluster.recorder,
    leadership: alwaysLeading,
    clock,
    log,
  });
  return {
    control,
    sfc,
    extenders: { netmarks, locality },
    flowSource: createFlowSource(deps),
    async stop() {
      for (const part of [sfc, locality, netmarks, control]) await part.stop();
    },
  };
}

function startExtender(plugin: "netmarks" | "locality", deps: ControlSideDeps): Promise<RunningScheduler> {
  const config = schedulerConfigSchema.parse({ ...local, plugin, pollIntervalMs: POLL_INTERVAL_MS });
  return startScheduler(config, {
    ...deps,
    view: deps.cluster,
    recorder: deps.cluster.recorder,
    flowSource: createFlowSource(deps),
  });
}

/** Scrapes every pod's proxy, as the scheduler does in a cluster without Prometheus. */
function createFlowSource({ cluster, clock, log }: ControlSideDeps): FlowSource {
  const targets = () =>
    cluster.pods.list().flatMap(({ address, isReady }) => (address && isReady ? [proxyMetricsUrl(address)] : []));
  return createScrapeFlowSource({ targets, clock, log, registry: new Registry() });
}

const alwaysLeading = { isLeader: true, subscribe: () => () => {}, stop: async () => {} };
