/** Instances that do worse than they should are passed over, and come back; new ones begin slowly. */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BalancingPolicy } from "../../core/model/balancing.ts";
import type { OutlierDetection, TrafficPolicy } from "../../core/model/traffic-policy.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let servers: readonly Instance[];

interface Instance {
  readonly name: string;
  readonly pod: TestPod;
  readonly port: number;
  statusCode: number;
  delayMs: number;
}

beforeEach(async () => {
  mesh = createTestMesh("127.77.72");
  client = await mesh.pod("client-0");
  const started: Instance[] = [];
  // One after the other: each takes the next address.
  for (const at of [0, 1, 2, 3]) started.push(await startInstance(`server-${at}`));
  servers = started;
  for (const { pod } of servers) await pod.apply({});
});
afterEach(() => mesh.stop());

async function startInstance(name: string): Promise<Instance> {
  const pod = await mesh.pod(name);
  const server = createServer((_, response) => {
    response.statusCode = instance.statusCode;
    setTimeout(() => response.end(name), instance.delayMs);
  });
  await new Promise<void>((resolve) => server.listen({ host: pod.address, port: 0 }, resolve));
  mesh.onStop(() => {
    server.close();
    server.closeAllConnections();
  });
  const instance: Instance = {
    ...{ name, pod, statusCode: 200, delayMs: 0 },
    port: (server.address() as { port: number }).port,
  };
  return instance;
}

const detection: OutlierDetection = {
  ...{ minimumHosts: 3, requestVolume: 5, intervalMs: 200, baseEjectionMs: 600_000, maxEjectionMs: 600_000 },
  ...{ maxEjectionPercent: 50, minHealthPercent: 0 },
};

async function apply(
  traffic: TrafficPolicy,
  balancing: BalancingPolicy = "round-robin",
  instances = servers,
): Promise<void> {
  const endpoints = instances.map(({ pod, port }) => pod.endpoint(port));
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints, traffic, balancing })] });
}

/** @returns which instance answered. */
async function ask(agent?: Agent): Promise<string> {
  const outgoing = request({ host: client.address, port: listenPort, agent: agent ?? false });
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  let text = "";
  for await (const piece of response) text += piece;
  return text;
}

async function askMany(count: number): Promise<ReadonlyMap<string, number>> {
  const counts = new Map(servers.map(({ name }) => [name, 0]));
  for (let time = 0; time < count; time++) {
    const name = await ask();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

const ejectedCount = () => sumOf(client.proxy, "weft_proxy_outlier_ejected_endpoints");
const first = () => servers[0] as Instance;

test("so many 5xx in a row put an instance out at once, and it comes back", async () => {
  await apply({
    outlierDetection: { ...detection, consecutive5xxErrors: 3, baseEjectionMs: 1000, intervalMs: 60_000 },
  });
  first().statusCode = 500;
  const before = await askMany(16);
  expect(before.get("server-0")).toBe(3);
  expect(await sumOf(client.proxy, "weft_proxy_outlier_ejections_total", { detector: "consecutive-5xx" })).toBe(1);
  first().statusCode = 200;
  await expect.poll(() => ask(), { timeout: 5000 }).toBe("server-0");
});

test("an instance whose success rate lies far below its peers' is put out when the window ends", async () => {
  await apply({ outlierDetection: { ...detection, successRateStdevFactor: 1.5 } });
  first().statusCode = 503;
  await expect
    .poll(async () => {
      await askMany(24);
      return ejectedCount();
    })
    .toBe(1);
  expect((await askMany(12)).get("server-0")).toBe(0);
  expect(await sumOf(client.proxy, "weft_proxy_outlier_ejections_total", { detector: "success-rate" })).toBe(1);
});

test("an instance that answers far later than the others is put out, too", async () => {
  await apply({ outlierDetection: { ...detection, latencyFactor: 5, intervalMs: 500 } });
  first().delayMs = 300;
  await expect
    .poll(
      async () => {
        await Promise.all(Array.from({ length: 24 }, () => ask()));
        return ejectedCount();
      },
      { timeout: 10_000 },
    )
    .toBe(1);
  expect((await askMany(12)).get("server-0")).toBe(0);
});

test("with too few sound instances nobody is passed over", async () => {
  const outlierDetection = { ...detection, consecutive5xxErrors: 1, minHealthPercent: 80 };
  await apply({ outlierDetection });
  first().statusCode = 500;
  await askMany(4);
  expect(await ejectedCount()).toBe(1);
  expect((await askMany(8)).get("server-0")).toBe(2);
});

test("a session under ring-hash goes elsewhere while its instance is out, stays together there, and returns", async () => {
  const outlierDetection = { ...detection, consecutive5xxErrors: 2, baseEjectionMs: 1500, intervalMs: 60_000 };
  await apply({ outlierDetection }, "ring-hash");
  const own = await ask();
  const instance = servers.find(({ name }) => name === own) as Instance;
  instance.statusCode = 500;
  expect([await ask(), await ask()]).toEqual([own, own]);
  const elsewhere = new Set([await ask(), await ask(), await ask()]);
  expect(elsewhere.size).toBe(1);
  expect(elsewhere.has(own)).toBe(false);
  instance.statusCode = 200;
  await expect.poll(() => ask(), { timeout: 5000 }).toBe(own);
  expect([await ask(), await ask()]).toEqual([own, own]);
});

test("the requests of a connection leave an instance that is out, and find another", async () => {
  await apply({ outlierDetection: { ...detection, consecutive5xxErrors: 2 } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  const own = await ask(agent);
  const instance = servers.find(({ name }) => name === own) as Instance;
  instance.statusCode = 500;
  expect([await ask(agent), await ask(agent)]).toEqual([own, own]);
  const next = await ask(agent);
  expect(next).not.toBe(own);
  expect(await ask(agent)).toBe(next);
});

test("TCP connections that nobody takes put their instance out", async () => {
  const app = await tcpServer(first().pod.address, (socket) => socket.end("here"));
  mesh.onStop(app.close);
  const outlierDetection = { ...detection, consecutiveGatewayErrors: 1 };
  const [sound, broken] = [first().pod.endpoint(app.port), (servers[1] as Instance).pod.endpoint(1)];
  await client.apply({
    upstreams: [upstream({ listenPort, endpoints: [sound, broken], traffic: { outlierDetection } })],
  });
  const open = () =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: client.address, port: listenPort });
      socket.on("data", (bytes) => resolve(String(bytes)));
      socket.on("close", () => resolve(""));
      socket.on("error", () => {});
    });
  // Each finds the sound one, the first that meets the broken one by trying again.
  for (let time = 0; time < 20; time++) expect(await open()).toBe("here");
  expect(await ejectedCount()).toBe(1);
});

test("a new instance begins with a small part of its share", async () => {
  const traffic = { slowStart: { windowMs: 3_600_000, aggression: 1, minimumPercent: 10 } };
  await apply(traffic, "round-robin", servers.slice(0, 3));
  const evenly = await askMany(12);
  expect(servers.slice(0, 3).map(({ name }) => evenly.get(name))).toEqual([4, 4, 4]);
  await apply(traffic);
  const counts = await askMany(62);
  expect(counts.get("server-3")).toBeGreaterThanOrEqual(1);
  expect(counts.get("server-3")).toBeLessThanOrEqual(3);
});
