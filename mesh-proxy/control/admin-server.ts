/** The proxy's own HTTP port: metrics, readiness, what it runs, its flows, live requests, and probes of paths. */
import type { Registry } from "prom-client";
import { createHttpServer, type HttpServer } from "../../platform/http/http-server.ts";
import { addProbes } from "../../platform/http/probes.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { addFlowsRoute } from "./flows-route.ts";
import { addProbeRoute } from "./probe-route.ts";
import type { SnapshotKeeper } from "./snapshot-keeper.ts";
import { addTapRoute } from "./tap-route.ts";

const BODY_BYTES_MAX = 1024;

export function createAdminServer(
  context: ProxyContext,
  keeper: SnapshotKeeper,
  registry: Registry,
  isReady: () => boolean,
): HttpServer {
  const server = createHttpServer({ clock: context.clock, log: context.log, bodyBytesMax: BODY_BYTES_MAX });
  const ready = () => {
    if (!isReady()) return ["draining"];
    if (keeper.table !== undefined) return [];
    return [`no snapshot yet${keeper.lastRejection === undefined ? "" : `: ${keeper.lastRejection}`}`];
  };
  addProbes(server, { live: () => [], ready });
  server.app.get("/metrics", async (_, reply) => {
    reply.header("content-type", registry.contentType);
    return registry.metrics();
  });
  server.app.get("/config", () => ({
    config: context.config,
    snapshotAgeSeconds: keeper.ageSeconds,
    self: keeper.table?.self,
    version: keeper.snapshot?.version,
    upstreams: keeper.snapshot?.upstreams,
    // Without what proofs of transit are signed with.
    hops: keeper.snapshot?.hops.map(({ proofKey: _, ...hop }) => hop),
    peerCount: keeper.snapshot?.peers.length,
    lastRejection: keeper.lastRejection,
  }));
  addFlowsRoute(server, context);
  addProbeRoute(server, context);
  addTapRoute(server, context);
  return server;
}
