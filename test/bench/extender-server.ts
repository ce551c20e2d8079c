/** One of the servers that `extender.ts` compares, in a process of its own: `extender`, `extender-churn` or `echo`. */
import fastify from "fastify";
import type { FlowCounter } from "../../core/model/flow.ts";
import type { FlowSource } from "../../core/ports/flow-source.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { createMemoryCluster, type MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { startScheduler } from "../../scheduler/scheduler.ts";
import { schedulerConfigSchema } from "../../scheduler/scheduler-config.ts";
import { meshNode, meshPod } from "../builders/mesh-cluster.ts";
import { BENCH_WORKLOAD, nodeName, PEERS, PODS } from "./extender-load.ts";

const REPLICAS_OF_PEER = 40;
const REPLICAS_OF_POD = 100;
const CHURN_INTERVAL_MS = 5;

const [role = "echo", nodeCountText = "500"] = process.argv.slice(2);
const nodeCount = Number(nodeCountText);
process.send?.({ url: role === "echo" ? await startEcho() : await startExtender(role === "extender-churn") });

/** Parses the body and writes it again: what any server pays for the payload. */
async function startEcho(): Promise<string> {
  const app = fastify({ bodyLimit: 32 * 2 ** 20 });
  app.post("/*", async (request) => request.body);
  return app.listen({ host: "127.0.0.1", port: 0 });
}

async function startExtender(hasChurn: boolean): Promise<string> {
  const clock = createSystemClock();
  const view = filledCluster();
  const flowSource: FlowSource = {
    name: "bench",
    read: async () => ({ atMs: clock.nowMs(), counters: counters(clock.nowMs()), delays: [], paths: [], hops: [] }),
  };
  const log = createLog({ level: "warn", name: "bench" });
  const config = schedulerConfigSchema.parse({ port: 0, pollIntervalMs: 1000 });
  const deps = { view, flowSource, clock, log, bindPod: async () => {} };
  const { url } = await startScheduler(config, deps);
  if (hasChurn) churn(view);
  return url;
}

/** The pod's peers, the pod's own replicas, and others up to 10,000 pods in all. */
function filledCluster(): MemoryCluster {
  const view = createMemoryCluster();
  const random = seeded(1);
  const anyNode = () => nodeName(Math.floor(random() * nodeCount));
  for (let node = 0; node < nodeCount; node++) view.nodes.put(meshNode(nodeName(node), `zone-${node % 3}`));
  const place = (app: string, count: number) => {
    for (let replica = 0; replica < count; replica++) view.pods.put(meshPod(`${app}-${replica}`, anyNode()));
  };
  place(BENCH_WORKLOAD, REPLICAS_OF_POD);
  for (let peer = 0; peer < PEERS; peer++) place(`peer${peer}`, REPLICAS_OF_PEER);
  for (let other = 0; view.pods.list().length < PODS; other++) place(`other${other}`, 10);
  return view;
}

/** 200 pods a second come to stand elsewhere, as in a burst of scheduling. */
function churn(view: MemoryCluster): void {
  const random = seeded(2);
  setInterval(() => {
    const name = `other${Math.floor(random() * 100)}-${Math.floor(random() * 10)}`;
    view.pods.put(meshPod(name, nodeName(Math.floor(random() * nodeCount))));
  }, CHURN_INTERVAL_MS);
}

function counters(nowMs: number): FlowCounter[] {
  return Array.from({ length: PEERS }, (_, peer) => ({
    source: { namespace: "core", workload: BENCH_WORKLOAD },
    destination: { namespace: "core", workload: `peer${peer}` },
    requestBytes: nowMs * (peer + 1),
    responseBytes: nowMs * peer,
  }));
}

/** Numerical Recipes' linear congruential generator. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
