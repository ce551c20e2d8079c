import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { createScrapeFlowSource } from "../../platform/prometheus/scrape-flow-source.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { clock, createTestMesh, silentLog, sumOf, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";
import { type UdpApp, udpApp, udpClient } from "./mesh-proxy-udp-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.51");
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

async function serve(answer?: (bytes: Buffer) => Buffer | undefined): Promise<UdpApp> {
  const app = await udpApp(mesh, server.address, answer);
  await server.apply({});
  const endpoints = [server.endpoint(app.port)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "udp", endpoints })] });
  return app;
}

const newClient = () => udpClient(mesh, { host: client.address, port: listenPort });
const lost = (pod: TestPod, reason: string) => sumOf(pod.proxy, "weft_proxy_udp_lost_datagrams_total", { reason });

async function waitForLost(pod: TestPod, reason: string, count: number): Promise<void> {
  const what = `${count} datagrams are lost as ${reason}`;
  await waitUntil(async () => (await lost(pod, reason)) === count, { what, timeoutMs: 5000, pollMs: 10 });
}

test("datagrams of many clients come back to each, and both proxies count what was sent", async () => {
  const app = await serve((bytes) => Buffer.concat([bytes, bytes.subarray(0, 3)]));
  const clients = await Promise.all(Array.from({ length: 5 }, newClient));
  let sentBytes = 0;
  for (let round = 0; round < 40; round++) {
    const asked = clients.map(async (one, index) => {
      const bytes = Buffer.alloc(3 + ((round * 211 + index * 17) % 1400), index);
      sentBytes += bytes.length;
      expect((await one.ask(bytes)).equals(Buffer.alloc(bytes.length + 3, index))).toBe(true);
    });
    await Promise.all(asked);
  }
  expect(app.received.length).toBe(200);
  expect(new Set(app.received.map(({ from }) => from.port)).size).toBe(5);
  for (const [pod, reporter] of [
    [client, "source"],
    [server, "destination"],
  ] as const) {
    const labels = { reporter, source_pod: "client-0", destination_pod: "server-0", request_protocol: "udp" };
    const moved = ["received_bytes", "sent_bytes", "received_datagrams", "sent_datagrams", "flows_opened"];
    const counts = await Promise.all(moved.map((name) => sumOf(pod.proxy, `weft_udp_${name}_total`, labels)));
    expect(counts).toEqual([sentBytes, sentBytes + 600, 200, 200, 5]);
    expect(await sumOf(pod.proxy, "istio_tcp_received_bytes_total")).toBe(0);
  }
  expect(await sumOf(client.proxy, "weft_udp_received_bytes_total", { destination_service_name: "svc" })).toBe(
    sentBytes,
  );
});

test("bursts of many clients come through whole and in their order, long datagrams between short ones", async () => {
  const app = await serve();
  const clients = await Promise.all(Array.from({ length: 3 }, newClient));
  const datagram = (index: number, at: number) =>
    Buffer.alloc(at % 9 === 0 ? 5000 : at % 4 === 0 ? 2040 : 1 + ((at * 37) % 700), index * 50 + at);
  for (const one of clients) await one.ask("ready");
  const [asked, answered] = [app.received.length, clients.map(({ answers }) => answers.length)];
  for (let at = 0; at < 40; at++) for (const [index, one] of clients.entries()) one.send(datagram(index, at));
  const areBack = () => clients.every(({ answers }, index) => answers.length === (answered[index] ?? 0) + 40);
  await waitUntil(areBack, { what: "all came back", timeoutMs: 5000, pollMs: 10 });
  expect(app.received.length).toBe(asked + 120);
  for (const [index, { answers }] of clients.entries()) {
    const wanted = Array.from({ length: 40 }, (_, at) => datagram(index, at));
    expect(answers.slice(answered[index]).map((bytes) => bytes.toString("hex"))).toEqual(
      wanted.map((bytes) => bytes.toString("hex")),
    );
  }
});

test("the scheduler's flow source learns the bytes", async () => {
  await serve();
  const one = await newClient();
  for (let count = 0; count < 10; count++) await one.ask(Buffer.alloc(100));
  const targets = [client, server].map(({ proxy }) => `${proxy.addresses.admin.url}/metrics`);
  const source = createScrapeFlowSource({ targets: () => targets, clock, log: silentLog, registry: new Registry() });
  const { counters } = await source.read(AbortSignal.timeout(5000));
  expect(counters).toMatchObject([
    {
      source: { pod: "client-0", node: "n-client-0" },
      destination: { pod: "server-0", node: "n-server-0" },
      requestBytes: 1000,
      responseBytes: 1000,
    },
  ]);
});

test.each([0, 1, 1444, 1472, 9000, 65_475])("a datagram of %d bytes passes whole", async (byteCount) => {
  await serve();
  const one = await newClient();
  const bytes = Buffer.alloc(byteCount, "abcdefg");
  expect((await one.ask(bytes)).equals(bytes)).toBe(true);
});

test("a datagram that does not fit with its header is lost and counted, either way", async () => {
  await serve((bytes) => (bytes.length === 65_479 ? bytes : Buffer.from("small")));
  const one = await newClient();
  one.send(Buffer.alloc(65_480));
  await waitForLost(client, "too_large", 1);
  // It fits on its way there; its answer has a longer header.
  one.send(Buffer.alloc(65_479));
  await waitForLost(server, "too_large", 1);
  expect(String(await one.ask("x"))).toBe("small");
});

test("an application that speaks later is heard", async () => {
  const app = await serve(() => undefined);
  const one = await newClient();
  one.send("subscribe");
  const { from } = await waitUntil(() => app.received[0], { what: "it came", timeoutMs: 5000 });
  for (const text of ["news 1", "news 2"]) app.socket.send(text, from.port, from.address);
  await waitUntil(() => one.answers.length === 2, { what: "both came", timeoutMs: 5000 });
});

const sender = { address: "127.77.51.1", port: 5000 };
const hostile = [
  { name: "no header", header: () => Buffer.from("hello, application"), reason: "malformed_header" },
  { name: "nothing", header: () => Buffer.alloc(0), reason: "malformed_header" },
  { name: "a header that is longer than the datagram", header: () => headerTo(9).subarray(0, 20), reason: "malformed_header" },
  { name: "a header of a TCP connection", header: () => encodeProxyHeader({ source: sender, destination: sender }), reason: "malformed_header" },
  { name: "the mesh port as its destination", header: () => headerTo(server.proxy.addresses.mesh.port), reason: "forbidden_port" },
  { name: "an answer's direction", header: () => headerTo(9, { direction: "response" }), reason: "unknown_flow" },
  { name: "a path", header: () => headerTo(9, { servicePath: { spi: 1, serviceIndex: 1, ttl: 1 } }), reason: "unknown_path" },
] as const; // biome-ignore format: a table

function headerTo(port: number, tlvs: NonNullable<Parameters<typeof encodeProxyHeader>[0]["tlvs"]> = {}): Buffer {
  return encodeProxyHeader({ source: sender, destination: { address: server.address, port }, transport: "udp", tlvs });
}

async function throwAt(pod: TestPod, from: string, bytes: Buffer): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(0, from);
  await once(socket, "listening");
  socket.send(bytes, pod.proxy.addresses.mesh.port, pod.address);
  mesh.onStop(() => socket.close());
}

test.each(hostile)("a peer's datagram with $name is refused: $reason", async ({ header, reason }) => {
  const app = await serve();
  await throwAt(server, client.address, header());
  await waitForLost(server, reason, 1);
  expect(app.received).toEqual([]);
});

test("who is no peer reaches nothing, whatever it sends", async () => {
  const app = await serve();
  await throwAt(server, "127.77.51.99", Buffer.concat([headerTo(app.port), Buffer.from("x")]));
  await waitForLost(server, "not_a_peer", 1);
  expect(app.received).toEqual([]);
});

test("an address that is no peer's any more loses its flow", async () => {
  const app = await serve();
  const one = await newClient();
  await one.ask("x");
  const { version } = { version: (server.proxy.snapshotVersion() ?? 0) + 100 };
  server.source.publish({ version, proxy: server.peer.pod, peers: [server.peer], upstreams: [], hops: [] });
  await server.proxy.whenRunning(version);
  one.send("y");
  await waitForLost(server, "not_a_peer", 1);
  expect(app.received.length).toBe(1);
});

test("an upstream's port that is taken is opened when it is free", async () => {
  const taken = await udpApp(mesh, client.address, () => undefined, listenPort);
  const app = await serve();
  expect(await client.proxy.upstreamPorts()).toEqual([]);
  await taken.close();
  await waitUntil(async () => (await client.proxy.upstreamPorts()).length === 1, {
    what: "it listens",
    timeoutMs: 5000,
  });
  await (await newClient()).ask("x");
  expect(app.received.length).toBe(1);
});
