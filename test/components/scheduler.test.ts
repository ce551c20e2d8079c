/** The running extender over real connections, fed by a scrape of real text. */
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { createMemoryCluster, type MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { createScrapeFlowSource } from "../../platform/prometheus/scrape-flow-source.ts";
import { type RunningScheduler, startScheduler } from "../../scheduler/scheduler.ts";
import { schedulerConfigSchema } from "../../scheduler/scheduler-config.ts";
import { meshNode, meshPod } from "../builders/mesh-cluster.ts";
import { pendingPod } from "../builders/scheduler-bench.ts";
import { startTextServer, type TextServer } from "../tools/text-server.ts";
import { waitUntil } from "../tools/wait-until.ts";

let proxy: TextServer;
let view: MemoryCluster;
let scheduler: RunningScheduler;

beforeEach(async () => {
  proxy = await startTextServer(exposition(0));
  view = createMemoryCluster();
  for (const [name, zone] of [["a", "1"], ["b", "1"], ["c", "2"]] as const) view.nodes.put(meshNode(name, zone)); // biome-ignore format: pairs
  view.pods.put(meshPod("nrf-0", "c"));
  const clock = createSystemClock({ holdsProcess: false });
  const log = createLog({ level: "silent", name: "test" });
  const registry = new Registry();
  const flowSource = createScrapeFlowSource({ targets: () => [proxy.url], clock, log, registry, timeoutMs: 1000 });
  const config = schedulerConfigSchema.parse({ port: 0, pollIntervalMs: 10, bodyBytesMax: 100_000 });
  scheduler = await startScheduler(config, { view, flowSource, clock, log, registry });
});

afterEach(async () => {
  await scheduler.stop();
  await proxy.close();
});

function exposition(bytes: number): string {
  const labels = [
    'reporter="destination",source_workload="amf",source_workload_namespace="core",source_pod="amf-0",source_node="a"',
    'destination_workload="nrf",destination_workload_namespace="core",destination_pod="nrf-0",destination_node="c"',
  ];
  return `istio_tcp_received_bytes_total{${labels.join(",")}} ${bytes}\n`;
}

/** Lets bytes flow from amf to nrf until the scheduler knows of it. */
async function letFlow(): Promise<void> {
  let bytes = 0;
  const hasFlow = () => {
    bytes += 100_000;
    proxy.text = exposition(bytes);
    return scheduler.graph.neighboursOf("core/amf").some(({ bytesPerSecond }) => bytesPerSecond > 1000);
  };
  await waitUntil(hasFlow, { what: "the flow is known", timeoutMs: 20_000, pollMs: 20 });
}

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown> | { Host: string; Score: number }[];
}

async function post(verb: string, body: string): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${scheduler.url}/${verb}`, { method: "POST", headers, body });
  return { status: answer.status, json: (await answer.json()) as Answer["json"] };
}

const args = (pod: unknown, NodeNames: readonly string[] = ["a", "b", "c"]) =>
  JSON.stringify({ Pod: pod, Nodes: null, NodeNames });

it("bytes on a proxy's metrics become scores, and the decision can be explained", async () => {
  expect((await post("prioritize", args(pendingPod("amf", "early")))).json).toEqual(scoresOf({ a: 0, b: 0, c: 0 }));
  await letFlow();
  expect((await post("prioritize", args(pendingPod("amf")))).json).toEqual(scoresOf({ a: 0, b: 0, c: 10 }));
  const explained = await fetch(`${scheduler.url}/v1/explain/core/amf-x`);
  expect(await explained.json()).toMatchObject({ prioritize: { assumedNode: "c", flows: [{ peer: "core/nrf" }] } });
});

it("when the proxies fall silent or talk nonsense the last flows still count", async () => {
  await letFlow();
  proxy.text = "nonsense <here>";
  await failedReading();
  expect((await post("prioritize", args(pendingPod("amf", "1")))).json).toEqual(scoresOf({ a: 0, b: 0, c: 10 }));
  await proxy.close();
  await failedReading();
  expect((await post("prioritize", args(pendingPod("amf", "2")))).json).toEqual(scoresOf({ a: 0, b: 0, c: 10 }));
});

it("a malformed body is refused and the next request is answered on the same connection", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const [bad, good] = [await postBy(agent, '{"Pod":{"metadata":{}}}'), await postBy(agent, args(pendingPod("amf")))];
  expect(bad).toMatchObject({ status: 400, body: expect.stringContaining("Pod.metadata.name") });
  expect(good.status).toBe(200);
  expect(good.localPort).toBe(bad.localPort);
  agent.destroy();
});

it("an oversized body is refused before it is read, and the extender goes on", async () => {
  const NodeNames = Array.from({ length: 20_000 }, (_, index) => `node-${index}`);
  expect((await post("filter", args(pendingPod("amf"), NodeNames))).status).toBe(413);
  expect((await post("filter", args(pendingPod("amf")))).status).toBe(200);
});

it("bytes that are no HTTP are answered with 400 and cut off", async () => {
  const { hostname, port } = new URL(scheduler.url);
  const socket = connect(Number(port), hostname, () => socket.write("\u0000\u0001\u0002 garbage\r\n\r\n"));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toContain("400 Bad Request");
  expect((await fetch(`${scheduler.url}/livez`)).status).toBe(200);
});

it("a request of another method or path is refused as such", async () => {
  expect((await fetch(`${scheduler.url}/filter`)).status).toBe(405);
  expect((await fetch(`${scheduler.url}/nothing`)).status).toBe(404);
});

it("many requests at a time each get their own answer", async () => {
  await letFlow();
  const asked = Array.from({ length: 50 }, (_, index) => [`ghost-${index}`, "c"]);
  const answers = await Promise.all(
    asked.map((names, index) => post("prioritize", args(pendingPod("amf", `${index}`), names))),
  );
  for (const [index, { json }] of answers.entries()) expect(json).toEqual(scoresOf({ [`ghost-${index}`]: 0, c: 10 }));
});

it("after the stop nobody listens and nothing is read", async () => {
  await scheduler.stop();
  await expect(fetch(`${scheduler.url}/livez`)).rejects.toThrow();
  const { requests } = proxy;
  await new Promise((resolve) => setImmediate(resolve));
  expect(proxy.requests).toBe(requests);
});

function scoresOf(scores: Readonly<Record<string, number>>) {
  return Object.entries(scores).map(([Host, Score]) => ({ Host, Score }));
}

async function failedReading(): Promise<void> {
  const failures = async () => {
    const text = await (await fetch(`${scheduler.url}/metrics`)).text();
    return Number(/readings_total\{outcome="failed"\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  const before = await failures();
  const hasFailed = async () => (await failures()) > before;
  await waitUntil(hasFailed, { what: "a reading fails", timeoutMs: 20_000, pollMs: 10 });
}

function postBy(agent: Agent, body: string): Promise<{ status: number; body: string; localPort: number }> {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(`${scheduler.url}/prioritize`, { agent, method: "POST", headers }, (response) => {
      const localPort = response.socket.localPort ?? 0;
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, localPort }));
    });
    sent.on("error", reject).end(body);
  });
}
