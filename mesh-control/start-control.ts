import type { Registry } from "prom-client";
import type { FlowReading } from "../core/model/flow.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { RoutedMeshView } from "../core/ports/cluster-view.ts";
import type { Log } from "../core/ports/log.ts";
import type { RouteStatusWriter } from "../core/ports/route-status-writer.ts";
import { startSourcePoll } from "../platform/clock/source-poll.ts";
import { createHttpServer, type HttpAddress } from "../platform/http/http-server.ts";
import { createRegistry } from "../platform/prometheus/registry.ts";
import { createScrapeFlowSource } from "../platform/prometheus/scrape-flow-source.ts";
import type { ControlConfig } from "./control-config.ts";
import { createControlMetrics } from "./control-metrics.ts";
import { addControlRoutes } from "./control-routes.ts";
import type { EndpointAddress, MeshIndex } from "./mesh-index.ts";
import { readPathProofs } from "./path-proofs.ts";
import { createProxyBook } from "./proxy-book.ts";
import { RouteStatuses } from "./route-statuses.ts";
import { sharedTargets } from "./shared-services.ts";
import { createSiteReadings } from "./site-readings.ts";
import { startSnapshotFeed } from "./snapshot-feed.ts";

export interface ControlDeps {
  readonly view: RoutedMeshView;
  readonly clock: Clock;
  readonly log: Log;
  /** Where a proxy on `fromNode` dials a pod's proxy: the pod's address and mesh port unless told, as the lab does. */
  readonly endpointAddress?: EndpointAddress;
  /** Where it is said what became of routes; nowhere unless given. */
  readonly routeStatus?: RouteStatusWriter;
  /** Where metrics are declared; one of its own unless told. */
  readonly registry?: Registry;
}

export interface RunningControl extends HttpAddress {
  /** Ends the streams, so that proxies turn to another replica, and stops listening. Again is no error. */
  stop(): Promise<void>;
}

/** @throws WeftError listen-failed; config-invalid for the secret of proofs of transit */
export async function startControl(config: ControlConfig, deps: ControlDeps): Promise<RunningControl> {
  const { view, clock, log, endpointAddress } = deps;
  const { bodyBytesMax, drainMsMax, proxiesMax } = config;
  const book = createProxyBook(proxiesMax);
  const registry = deps.registry ?? createRegistry({ component: "control", version: "0.1.0" });
  const metrics = createControlMetrics(registry, book);
  const sharing = createSiteReadings(config);
  const indexing = { endpointAddress, sharing, proofs: readPathProofs(config), trustDomain: config.trustDomain };
  const statuses = deps.routeStatus && new RouteStatuses({ writer: deps.routeStatus, clock, log });
  const onIndex = (index: MeshIndex) => statuses?.update(index);
  const feed = startSnapshotFeed(config, { ...deps, indexing, book, metrics, onIndex });
  const targets = () => sharedTargets(feed.index, { withClients: config.siteDelays === "measured" });
  const flows = createScrapeFlowSource({ targets, clock, log, registry });
  const takeIn = (reading: FlowReading) => {
    sharing.forget((service) => feed.index?.services.has(service) ?? false);
    if (sharing.observe(reading, feed.index)) feed.refresh();
  };
  const stopPoll = startSourcePoll(
    {
      ...{ what: "the load of sites", reads: metrics.siteReads, onAnswer: takeIn },
      source: (signal) => flows.read(signal),
      hasTargets: () => targets().length > 0,
    },
    { intervalMs: config.siteDemandIntervalMs, clock, log },
  );
  const connectionsMax = proxiesMax + 1_000;
  const server = createHttpServer({ log, clock, bodyBytesMax, drainMsMax, connectionsMax });
  addControlRoutes(server, { view, feed, book, metrics });
  const stop = async () => {
    feed.stop();
    statuses?.stop();
    await stopPoll();
    await server.close();
  };
  try {
    const address = await server.listen(config.host, config.port);
    log.info("control listens", { url: address.url });
    return { ...address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
