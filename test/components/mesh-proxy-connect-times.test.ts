import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { createMemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { createScrapeFlowSource } from "../../platform/prometheus/scrape-flow-source.ts";
import { buildScheduler } from "../../scheduler/scheduler.ts";
import { schedulerConfigSchema } from "../../scheduler/scheduler-config.ts";
import { meshNode } from "../builders/mesh-cluster.ts";
import { waitUntil } from "../tools/wait-until.ts";
import {
  clock,
  createTestMesh,
  samplesOf,
  silentLog,
  sumOf,
  type TestMesh,
  type TestPod,
  tcpServer,
  upstream,
} from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;

beforeEach(() => {
  mesh = createTestMesh("127.77.9");
});
afterEach(() => mesh.stop());

/** Where the client's traffic goes from now on: an application behind this proxy. */
async function dialOnly(client: TestPod, server: TestPod, others: readonly WeightedEndpoint[] = []): Promise<void> {
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [...others, server.endpoint(app.port)] })] });
}

/** A flow from end to end; @returns when the far application has answered. */
async function talk({ address }: TestPod): Promise<Socket> {
  const socket = connect({ host: address, port: listenPort });
  mesh.onStop(() => socket.destroy());
  socket.write("hello");
  await once(socket, "data");
  return socket;
}

const count = "weft_proxy_connect_seconds_count";
const least = "weft_proxy_connect_least_seconds";
const toServer = { source_node: "n-client-0", destination_node: "n-server-0" };

test("every connection to another proxy is counted by the two nodes, with the time it took to open", async () => {
  const [client, server] = [await mesh.pod("client-0"), await mesh.pod("server-0")];
  await dialOnly(client, server);
  for (let flow = 0; flow < 3; flow++) await talk(client);
  expect(await samplesOf(client.proxy, count)).toHaveLength(1);
  expect(await sumOf(client.proxy, count, toServer)).toBe(3);
  const leastSeconds = await sumOf(client.proxy, least, toServer);
  expect(leastSeconds).toBeGreaterThan(0);
  const sumSeconds = await sumOf(client.proxy, "weft_proxy_connect_seconds_sum", toServer);
  expect(sumSeconds).toBeGreaterThanOrEqual(3 * leastSeconds);
});

test("who only accepts measures nothing, and neither does a dial that is refused", async () => {
  const [client, server] = [await mesh.pod("client-0"), await mesh.pod("server-0")];
  const gone = await mesh.pod("gone-0");
  const dead = gone.endpoint(1, 1_000_000);
  await gone.proxy.stop();
  await dialOnly(client, server, [dead]);
  await talk(client);
  expect(await sumOf(client.proxy, "weft_proxy_connect_failures_total")).toBe(1);
  expect(await sumOf(client.proxy, count)).toBe(1);
  expect(await sumOf(client.proxy, count, toServer)).toBe(1);
  expect(await samplesOf(server.proxy, count)).toEqual([]);
});

test("beyond nodePairsMax the node dialled longest ago makes room", async () => {
  const client = await mesh.pod("client-0", { nodePairsMax: 1 });
  for (const name of ["server-0", "other-0"]) {
    await dialOnly(client, await mesh.pod(name));
    await talk(client);
  }
  const nodes = (await samplesOf(client.proxy, count)).map(({ labels }) => labels.get("destination_node"));
  expect(nodes).toEqual(["n-other-0"]);
  expect(await sumOf(client.proxy, "weft_proxy_connect_pairs_dropped_total")).toBe(1);
});

test("a flow source reads them as delays between nodes", async () => {
  const [client, server] = [await mesh.pod("client-0"), await mesh.pod("server-0")];
  await dialOnly(client, server);
  await talk(client);
  const targets = () => [`${client.proxy.addresses.admin.url}/metrics`];
  const source = createScrapeFlowSource({ targets, clock, log: silentLog, registry: new Registry() });
  const leastMs = 1000 * (await sumOf(client.proxy, least));
  const { delays } = await source.read(new AbortController().signal);
  expect(delays).toMatchObject([{ sourceNode: "n-client-0", destinationNode: "n-server-0", connections: 1, leastMs }]);
});

test("a scheduler learns round trips between nodes from the proxies", async () => {
  const [client, server] = [await mesh.pod("client-0"), await mesh.pod("server-0")];
  await dialOnly(client, server);
  await talk(client);
  const view = createMemoryCluster();
  for (const name of ["n-client-0", "n-server-0"]) view.nodes.put(meshNode(name, "1"));
  const targets = () => [`${client.proxy.addresses.admin.url}/metrics`];
  const flowSource = createScrapeFlowSource({ targets, clock, log: silentLog, registry: new Registry() });
  const scheduler = buildScheduler(schedulerConfigSchema.parse({}), {
    view,
    flowSource,
    clock,
    log: silentLog,
  });
  const polling = scheduler.poll();
  await waitUntil(() => scheduler.delays.pairCount > 0, { what: "the scheduler has a round trip", timeoutMs: 10_000 });
  await polling.stop();
  const leastMs = 1000 * (await sumOf(client.proxy, least));
  expect(scheduler.delays.roundTripMs("n-server-0", "n-client-0")).toBe(leastMs);
  scheduler.release();
  await scheduler.server.close();
});
