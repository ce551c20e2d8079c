/** `weft sfc`: the chain controller with its admin port. */
import type { Registry } from "prom-client";
import type { ChainWriter } from "../core/ports/chain-writer.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { MeshView } from "../core/ports/cluster-view.ts";
import type { EventRecorder } from "../core/ports/event-recorder.ts";
import type { Leadership } from "../core/ports/leadership.ts";
import type { Log } from "../core/ports/log.ts";
import { createHttpServer, type HttpAddress, type HttpServer } from "../platform/http/http-server.ts";
import { addProbes } from "../platform/http/probes.ts";
import { createRegistry } from "../platform/prometheus/registry.ts";
import {
  type ChainController,
  type ControllerDeps,
  hasSynced,
  startChainController,
} from "./controller/chain-controller.ts";
import { type DelaySource, schedulerDelays } from "./delay-source.ts";
import { type DemandSource, schedulerDemand } from "./demand-source.ts";
import { listChains } from "./list-chains.ts";
import { type PathSource, schedulerPaths } from "./path-source.ts";
import type { SfcConfig } from "./sfc-config.ts";
import { createSfcMetrics } from "./sfc-metrics.ts";
import { loadHighs } from "./solver/exact/with-highs.ts";

export interface SfcDeps {
  readonly view: MeshView;
  readonly writer: ChainWriter;
  readonly recorder: EventRecorder;
  /** Not stopped here: whoever made it does that, after this. */
  readonly leadership: Pick<Leadership, "isLeader" | "subscribe">;
  readonly clock: Clock;
  readonly log: Log;
  /** The scheduler at `schedulerUrl` unless told. */
  readonly demandSource?: DemandSource;
  /** Likewise. */
  readonly pathSource?: PathSource;
  /** Likewise. */
  readonly delaySource?: DelaySource;
  /** Where `weft_sfc_*` are declared; one of its own unless told. */
  readonly registry?: Registry;
}

export interface RunningSfc extends HttpAddress {
  /** Ends after the look at the cluster that is under way. Again is no error. */
  stop(): Promise<void>;
}

/** @throws WeftError listen-failed */
export async function startSfc(config: SfcConfig, deps: SfcDeps): Promise<RunningSfc> {
  const { clock, log, view } = deps;
  const registry = deps.registry ?? createRegistry({ component: "sfc", version: "0.1.0" });
  const metrics = createSfcMetrics(registry);
  const sources = sourcesFrom(config, deps);
  const server = createHttpServer({ log, clock, bodyBytesMax: BODY_BYTES_MAX, drainMsMax: config.drainMsMax });
  const highs = await loadHighs();
  const controller = startChainController({ ...deps, ...sources, config, metrics, highs });
  const stop = async () => {
    await controller.stop();
    await server.close();
  };
  addRoutes(server, { controller, view, registry });
  try {
    const address = await server.listen(config.host, config.port);
    log.info("sfc listens", { url: address.url });
    return { ...address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nothing is posted here. */
const BODY_BYTES_MAX = 1024;

type SourceName = "demandSource" | "pathSource" | "delaySource";

function sourcesFrom(
  { schedulerUrl, demandTimeoutMs: timeoutMs, latencies }: SfcConfig,
  given: Pick<SfcDeps, SourceName>,
): Pick<ControllerDeps, SourceName> {
  const scheduler = schedulerUrl === undefined ? undefined : { schedulerUrl, timeoutMs };
  return {
    demandSource: given.demandSource ?? (scheduler && schedulerDemand(scheduler)),
    delaySource:
      latencies === "measured" ? (given.delaySource ?? (scheduler && schedulerDelays(scheduler))) : undefined,
    pathSource: given.pathSource ?? (scheduler && schedulerPaths(scheduler)),
  };
}

interface RouteDeps {
  readonly controller: ChainController;
  readonly view: MeshView;
  readonly registry: Registry;
}

function addRoutes(server: HttpServer, { controller, view, registry }: RouteDeps): void {
  const { app } = server;
  app.get("/v1/chains", () => ({ chains: listChains(view, controller) }));
  app.get("/metrics", async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  const notReady = () => (hasSynced({ view }) ? [] : ["the cluster has not been read yet"]);
  addProbes(server, { live: () => [], ready: notReady });
}
