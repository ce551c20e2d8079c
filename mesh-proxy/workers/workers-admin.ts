/** The admin port of a proxy with several workers: asks them, and answers as one. */
import { Registry } from "prom-client";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import { errorBody } from "../../platform/http/http-error.ts";
import { createHttpServer, type HttpServer } from "../../platform/http/http-server.ts";
import type { SnapshotKeeper } from "../control/snapshot-keeper.ts";
import type { OwnMetrics } from "../meter/own-metrics.ts";
import { registerSampled } from "../meter/sampled-metric.ts";
import { mergeExpositions } from "./merge-expositions.ts";
import type { AdminAnswer, AdminQuestion } from "./worker-messages.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export interface WorkersState {
  isDraining: boolean;
}

export interface WorkersAdminDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly slots: readonly WorkerSlot[];
  readonly keeper: SnapshotKeeper;
  readonly own: OwnMetrics;
  readonly state: WorkersState;
}

const BODY_BYTES_MAX = 1024;

export function createWorkersAdmin({ clock, log, slots, keeper, own, state }: WorkersAdminDeps): HttpServer {
  const server = createHttpServer({ clock, log, bodyBytesMax: BODY_BYTES_MAX });
  const { app } = server;
  const registry = mainMetrics(slots, keeper, own);
  const askAll = async (question: AdminQuestion) =>
    (await Promise.all(slots.map((slot) => slot.ask(question)))).filter((answer) => answer !== undefined);
  app.get("/livez", () => ({ status: "ok" }));
  app.get("/readyz", async (_, reply) => {
    const answers = state.isDraining ? [] : await askAll({ method: "GET", url: "/readyz" });
    // Those that are there take what comes: the kernel gives nothing to one that is not.
    const ready = answers.find(({ statusCode }) => statusCode === 200);
    if (ready !== undefined) return { status: "ok" };
    const message = state.isDraining ? "draining" : (messageIn(answers[0]) ?? "no worker is running");
    return reply.code(503).send(errorBody({ code: "not-ready", message }));
  });
  app.get("/metrics", async (_, reply) => {
    const answers = await askAll({ method: "GET", url: "/metrics" });
    reply.header("content-type", registry.contentType);
    return mergeExpositions([...answers.map(({ body }) => body), await registry.metrics()]);
  });
  app.get("/config", async (_, reply) => passOn(reply, await askFirst(slots, { method: "GET", url: "/config" })));
  app.get("/v1/flows", async (request, reply) => {
    const answers = await askAll({ method: "GET", url: request.url });
    const refusal = answers.find(({ statusCode }) => statusCode !== 200);
    if (refusal !== undefined || answers.length === 0) return passOn(reply, refusal);
    const parts = answers.map(({ body }) => JSON.parse(body) as { flows: unknown[]; hasMore: boolean });
    const flows = parts.flatMap((part) => part.flows);
    return { ...parts[0], flows, hasMore: parts.some(({ hasMore }) => hasMore) };
  });
  app.post("/v1/probes", async (request, reply) =>
    passOn(reply, await askFirst(slots, { method: "POST", url: "/v1/probes", body: request.body })),
  );
  return server;
}

async function askFirst(slots: readonly WorkerSlot[], question: AdminQuestion): Promise<AdminAnswer | undefined> {
  return slots.find(({ isListening }) => isListening)?.ask(question);
}

interface Reply {
  code(statusCode: number): this;
  header(name: string, value: string): this;
  send(body: unknown): unknown;
}

function passOn(reply: Reply, answer: AdminAnswer | undefined): unknown {
  if (answer === undefined)
    return reply.code(503).send(errorBody({ code: "not-ready", message: "no worker is running" }));
  return reply.code(answer.statusCode).header("content-type", answer.contentType).send(answer.body);
}

function messageIn(answer: AdminAnswer | undefined): string | undefined {
  if (answer === undefined) return undefined;
  return (JSON.parse(answer.body) as { error?: { message?: string } }).error?.message;
}

/** What only the main process knows; snapshots it counts are those that the workers count, too. */
function mainMetrics(slots: readonly WorkerSlot[], keeper: SnapshotKeeper, own: OwnMetrics): Registry {
  const registry = new Registry();
  registerSampled(registry, {
    name: "weft_proxy_workers",
    help: "Processes that carry traffic now.",
    type: "gauge",
    samples: () => [{ value: slots.filter(({ isListening }) => isListening).length }],
  });
  registerSampled(registry, {
    name: "weft_proxy_worker_restarts_total",
    help: "Workers that died, and another took their place.",
    type: "counter",
    samples: () => [{ value: slots.reduce((sum, { restartCount }) => sum + restartCount, 0) }],
  });
  registerSampled(registry, {
    name: "weft_proxy_control_reconnects_total",
    help: "Times the snapshot stream was opened again.",
    type: "counter",
    samples: () => [{ value: own.reconnectCount }],
  });
  registerSampled(registry, {
    name: "weft_proxy_snapshots_total",
    help: "Snapshots by what became of them.",
    type: "counter",
    samples: () => [{ value: own.rejectedSnapshotCount, labels: { verdict: "rejected" } }],
  });
  registerSampled(registry, {
    name: "weft_proxy_snapshot_age_seconds",
    help: "Since the snapshot in use was last known to be the newest.",
    type: "gauge",
    samples: () => (keeper.ageSeconds === undefined ? [] : [{ value: keeper.ageSeconds }]),
  });
  return registry;
}
