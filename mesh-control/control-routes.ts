import { z } from "zod";
import type { SnapshotReport } from "../core/model/mesh-snapshot.ts";
import type { RoutedMeshView } from "../core/ports/cluster-view.ts";
import { notFound, requestInvalid } from "../platform/http/http-error.ts";
import type { HttpServer } from "../platform/http/http-server.ts";
import { addProbes } from "../platform/http/probes.ts";
import { chainProxies } from "./chain-proxies.ts";
import type { ControlMetrics } from "./control-metrics.ts";
import { listProxies } from "./list-proxies.ts";
import { listSites } from "./list-sites.ts";
import type { ProxyBook } from "./proxy-book.ts";
import type { SnapshotFeed } from "./snapshot-feed.ts";
import { hasSynced } from "./watch-cluster.ts";

export interface RouteDeps {
  readonly view: RoutedMeshView;
  readonly feed: SnapshotFeed;
  readonly book: ProxyBook;
  readonly metrics: ControlMetrics;
}

const dnsName = "[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?";
const proxyName = z.string().regex(new RegExp(`^${dnsName}/${dnsName}$`), "is not the namespace/name of a pod");
const version = z.int().min(0);

const objectName = z.string().regex(new RegExp(`^${dnsName}$`), "is not the name of an object");
const chainSchema = z.strictObject({ namespace: objectName, chain: objectName });

const querySchema = z.strictObject({ proxy: proxyName });

const reportSchema = z
  .strictObject({
    proxy: proxyName,
    version,
    verdict: z.enum(["accepted", "rejected"]),
    reason: z.string().max(2_000).optional(),
    runningVersion: version,
  })
  .refine(({ verdict, reason }) => verdict === "accepted" || reason, {
    path: ["reason"],
    message: "is needed for the verdict rejected",
  }) satisfies z.ZodType<SnapshotReport>;

export function addControlRoutes(server: HttpServer, { view, feed, book, metrics }: RouteDeps): void {
  const { app } = server;
  app.get("/v1/snapshots", { exposeHeadRoute: false }, (request, reply) => {
    const { proxy } = parsed(querySchema, request.query);
    reply.raw.setHeader("content-type", "application/x-ndjson");
    feed.connect(proxy, reply.raw);
    return reply.hijack();
  });
  app.post("/v1/reports", (request, reply) => {
    const report = parsed(reportSchema, request.body);
    if (!feed.report(report)) throw notFound(`${report.proxy} is no pod of the mesh`);
    return reply.code(204).send();
  });
  app.get("/v1/proxies", () => ({ proxies: listProxies(book, feed.index) }));
  app.get("/v1/sites", () => ({ services: listSites(feed.index) }));
  app.get("/v1/chains/:namespace/:chain", (request) => {
    const { namespace, chain } = parsed(chainSchema, request.params);
    const proxies = feed.index && chainProxies(feed.index, namespace, chain);
    if (proxies === undefined) throw notFound(`the chain ${namespace}/${chain} is not known`);
    return proxies;
  });
  app.get("/metrics", async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  const notReady = () => (hasSynced(view) ? [] : ["the cluster has not been read yet"]);
  addProbes(server, { live: () => [], ready: notReady });
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw requestInvalid(issue?.path.join(".") || undefined, issue?.message ?? "is invalid");
}
