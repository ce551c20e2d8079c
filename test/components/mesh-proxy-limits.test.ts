/** What a Service's limits turn away, over real proxies: at once, with a reason of its own, and another instance first. */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TrafficPolicy } from "../../core/model/traffic-policy.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.71");
  client = await mesh.pod("client-0");
});
afterEach(() => mesh.stop());

const limitedBy = (reason: string) => sumOf(client.proxy, "weft_proxy_limited_total", { reason });

interface TcpInstance {
  readonly pod: TestPod;
  readonly port: number;
  readonly open: Set<Socket>;
}

/** Says its name, and keeps the connection. */
async function tcpInstance(name: string): Promise<TcpInstance> {
  const pod = await mesh.pod(name);
  const open = new Set<Socket>();
  const app = await tcpServer(pod.address, (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.write(name);
    socket.on("end", () => socket.end());
    socket.resume();
  });
  mesh.onStop(app.close);
  return { pod, port: app.port, open };
}

/** @returns what it said first; undefined where it was closed instead. */
async function openTcp(): Promise<{ readonly socket: Socket; readonly said: string | undefined }> {
  const socket = connect({ host: client.address, port: listenPort, noDelay: true });
  mesh.onStop(() => socket.destroy());
  const said = await new Promise<string | undefined>((resolve) => {
    socket.once("data", (bytes) => resolve(String(bytes)));
    socket.once("error", () => {});
    socket.once("close", () => resolve(undefined));
  });
  return { socket, said };
}

async function applyTcp(instances: readonly TcpInstance[], traffic: TrafficPolicy): Promise<void> {
  for (const { pod } of instances) await pod.apply({});
  const endpoints = instances.map(({ pod, port }) => pod.endpoint(port));
  await client.apply({ upstreams: [upstream({ listenPort, endpoints, traffic })] });
}

test("TCP connections beyond maxConnections are closed, and one that ends makes room", async () => {
  const server = await tcpInstance("server-0");
  await applyTcp([server], { circuitBreaker: { maxConnections: 2 } });
  const first = await openTcp();
  const second = await openTcp();
  expect([first.said, second.said]).toEqual(["server-0", "server-0"]);
  expect((await openTcp()).said).toBeUndefined();
  expect(await limitedBy("max_connections")).toBe(1);
  expect(await sumOf(client.proxy, "weft_proxy_refused_connections_total", { reason: "max_connections" })).toBe(1);
  expect(await sumOf(client.proxy, "weft_proxy_service_connections")).toBe(2);
  first.socket.end();
  await expect.poll(() => sumOf(client.proxy, "weft_proxy_service_connections")).toBe(1);
  expect((await openTcp()).said).toBe("server-0");
});

test("a full instance sends what comes to another, and only when all are full is anything closed", async () => {
  const servers = [await tcpInstance("server-0"), await tcpInstance("server-1")];
  await applyTcp(servers, { circuitBreaker: { maxConnectionsPerEndpoint: 1 } });
  const opened = [await openTcp(), await openTcp()];
  expect(opened.map(({ said }) => said).toSorted()).toEqual(["server-0", "server-1"]);
  expect((await openTcp()).said).toBeUndefined();
  expect(await limitedBy("max_connections")).toBe(1);
});

test("a connection that its instance refuses takes up no room", async () => {
  const server = await tcpInstance("server-0");
  await server.pod.apply({});
  const traffic = { circuitBreaker: { maxConnections: 1 } };
  // Nobody listens there.
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [server.pod.endpoint(1)], traffic })] });
  for (let time = 0; time < 3; time++) expect((await openTcp()).said).toBeUndefined();
  expect(await limitedBy("max_connections")).toBe(0);
  await expect.poll(() => sumOf(client.proxy, "weft_proxy_service_connections")).toBe(0);
});

interface HttpInstance {
  readonly pod: TestPod;
  readonly port: number;
  readonly server: Server;
  /** Requests that have no answer yet. */
  readonly waiting: ServerResponse[];
  isHolding: boolean;
}

async function httpInstance(name: string): Promise<HttpInstance> {
  const pod = await mesh.pod(name);
  const waiting: ServerResponse[] = [];
  const server = createServer((_, response) => {
    if (instance.isHolding) waiting.push(response);
    else response.end(name);
  });
  await new Promise<void>((resolve) => server.listen({ host: pod.address, port: 0 }, resolve));
  mesh.onStop(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as { port: number };
  const instance: HttpInstance = { pod, port, server, waiting, isHolding: false };
  return instance;
}

async function applyHttp(instances: readonly HttpInstance[], traffic: TrafficPolicy): Promise<void> {
  for (const { pod } of instances) await pod.apply({});
  const endpoints = instances.map(({ pod, port }) => pod.endpoint(port));
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints, traffic })] });
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingMessage["headers"];
}

async function ask(agent?: Agent, host = client.address, method = "GET"): Promise<Answer> {
  const outgoing = request({ host, port: listenPort, path: "/", method, agent: agent ?? false });
  mesh.onStop(() => outgoing.destroy());
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  let text = "";
  for await (const piece of response) text += piece;
  return { status: response.statusCode ?? 0, text, headers: response.headers };
}

test("HTTP/1.1 requests beyond maxParallelRequests get 503 at once, and the connection goes on", async () => {
  const server = await httpInstance("server-0");
  await applyHttp([server], { circuitBreaker: { maxParallelRequests: 2 } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  expect((await ask(agent)).status).toBe(200);
  server.isHolding = true;
  const held = [ask(), ask()];
  await expect.poll(() => server.waiting.length).toBe(2);
  const refused = await ask(agent);
  expect(refused.status).toBe(503);
  expect(JSON.parse(refused.text).error.code).toBe("max-parallel-requests");
  expect(refused.headers.connection).not.toBe("close");
  server.isHolding = false;
  for (const response of server.waiting) response.end("late");
  expect((await Promise.all(held)).map(({ text }) => text)).toEqual(["late", "late"]);
  await expect.poll(() => sumOf(client.proxy, "weft_proxy_service_requests")).toBe(0);
  expect((await ask(agent)).status).toBe(200);
  expect(await limitedBy("max_parallel_requests")).toBe(1);
  // Answers of the proxy's own are none of the instance's.
  expect(await sumOf(client.proxy, "istio_requests_total", { response_code: "503" })).toBe(0);
  expect(await sumOf(client.proxy, "istio_requests_total", { response_code: "200" })).toBe(4);
});

test("a request finds another instance where the first has its share of parallel requests", async () => {
  const servers = [await httpInstance("server-0"), await httpInstance("server-1")];
  await applyHttp(servers, { circuitBreaker: { maxParallelRequestsPerEndpoint: 1 } });
  for (const server of servers) server.isHolding = true;
  const held = [ask(), ask()];
  await expect.poll(() => servers.map(({ waiting }) => waiting.length)).toEqual([1, 1]);
  const refused = await ask();
  expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([503, "max-parallel-requests"]);
  for (const { waiting } of servers) for (const response of waiting) response.end("late");
  await Promise.all(held);
  for (const server of servers) server.isHolding = false;
  expect((await ask()).status).toBe(200);
});

test("a client that gives up gives its place back", async () => {
  const server = await httpInstance("server-0");
  await applyHttp([server], { circuitBreaker: { maxParallelRequests: 1 } });
  server.isHolding = true;
  const outgoing = request({ host: client.address, port: listenPort, agent: false });
  outgoing.on("error", () => {});
  outgoing.end();
  await expect.poll(() => server.waiting.length).toBe(1);
  outgoing.socket?.resetAndDestroy();
  await expect.poll(() => sumOf(client.proxy, "weft_proxy_service_requests")).toBe(0);
  server.isHolding = false;
  expect((await ask()).status).toBe(200);
});

test("requests that wait for a connection are as many as may", async () => {
  // Takes connections, and never says that it has them.
  const silent = await tcpServer("127.77.71.99", (socket) => socket.resume());
  mesh.onStop(silent.close);
  const endpoint = { ...client.endpoint(80), address: "127.77.71.99", port: silent.port };
  const traffic = { circuitBreaker: { maxPendingRequests: 1 } };
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: [endpoint], traffic })] });
  const first = request({ host: client.address, port: listenPort, agent: false });
  first.on("error", () => {});
  first.end();
  await expect.poll(() => sumOf(client.proxy, "weft_proxy_service_pending_requests")).toBe(1);
  const refused = await ask();
  expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([503, "max-pending-requests"]);
  expect(await limitedBy("max_pending_requests")).toBe(1);
  first.destroy();
});

async function h2Instance(name: string): Promise<{
  readonly pod: TestPod;
  readonly port: number;
  readonly waiting: ServerHttp2Stream[];
}> {
  const pod = await mesh.pod(name);
  const waiting: ServerHttp2Stream[] = [];
  const server = createH2Server();
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {});
    waiting.push(stream);
  });
  await new Promise<void>((resolve) => server.listen({ host: pod.address, port: 0 }, resolve));
  mesh.onStop(() => server.close());
  return { pod, port: (server.address() as { port: number }).port, waiting };
}

test("HTTP/2 streams are limited one by one, in all and by instance", async () => {
  const servers = [await h2Instance("server-0"), await h2Instance("server-1")];
  for (const { pod } of servers) await pod.apply({});
  const endpoints = servers.map(({ pod, port }) => pod.endpoint(port));
  const traffic = { circuitBreaker: { maxParallelRequests: 3, maxParallelRequestsPerEndpoint: 2 } };
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints, traffic })] });
  const session = connectH2(`http://${client.address}:${listenPort}`);
  session.on("error", () => {});
  mesh.onStop(() => session.destroy());
  const open = async () => {
    const stream = session.request({ ":path": "/" });
    const [headers] = await once(stream, "response");
    let text = "";
    for await (const piece of stream) text += piece;
    return { status: headers[":status"], text };
  };
  const held = [open(), open(), open()];
  await expect.poll(() => servers.reduce((sum, { waiting }) => sum + waiting.length, 0)).toBe(3);
  for (const { waiting } of servers) expect(waiting.length).toBeLessThanOrEqual(2);
  const refused = await open();
  expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([503, "max-parallel-requests"]);
  for (const { waiting } of servers) {
    for (const stream of waiting.splice(0)) {
      stream.respond({ ":status": 200 });
      stream.end("late");
    }
  }
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200]);
  await expect.poll(() => sumOf(client.proxy, "weft_proxy_service_requests")).toBe(0);
});

test("a client's rate limit answers 429 with when to come again, and closes TCP connections", async () => {
  const server = await httpInstance("server-0");
  const rateLimit = { requests: 1, periodMs: 60_000, burst: 2 };
  await applyHttp([server], { rateLimit });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  expect([await ask(agent), await ask(agent)].map(({ status }) => status)).toEqual([200, 200]);
  const refused = await ask(agent);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(50);
  expect(refused.headers["ratelimit-policy"]).toBe('"weft";q=1;w=60');
  expect((await ask(agent, client.address, "HEAD")).status).toBe(429);
  expect(await limitedBy("rate_limit")).toBe(2);
  const tcp = await tcpInstance("server-1");
  await applyTcp([tcp], { rateLimit });
  expect([await openTcp(), await openTcp(), await openTcp()].map(({ said }) => said)).toEqual([
    "server-1",
    "server-1",
    undefined,
  ]);
});

test("an HTTP/2 stream over the rate limit gets 429, and the connection goes on", async () => {
  const server = await h2Instance("server-0");
  await server.pod.apply({});
  const traffic = { rateLimit: { requests: 1, periodMs: 60_000, burst: 1 } };
  const endpoints = [server.pod.endpoint(server.port)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints, traffic })] });
  const session = connectH2(`http://${client.address}:${listenPort}`);
  session.on("error", () => {});
  mesh.onStop(() => session.destroy());
  session.request({ ":path": "/" }).on("error", () => {});
  await expect.poll(() => server.waiting.length).toBe(1);
  const stream = session.request({ ":path": "/" });
  const [headers] = await once(stream, "response");
  expect([headers[":status"], Number(headers["retry-after"]) > 50]).toEqual([429, true]);
  expect(session.closed).toBe(false);
});

test("a pod's own rate limit holds for all its clients: requests of HTTP/1.1 and connections of TCP", async () => {
  const http = await httpInstance("server-0");
  const tcp = await tcpInstance("server-1");
  const other = await mesh.pod("client-1");
  const rate = { requests: 1, periodMs: 60_000, burst: 2 };
  await http.pod.apply({ rateLimits: [{ ...rate, port: http.port, isHttp1: true }] });
  await tcp.pod.apply({ rateLimits: [{ ...rate, port: tcp.port, isHttp1: false }] });
  for (const pod of [client, other]) {
    const endpoints = [http.pod.endpoint(http.port)];
    await pod.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints })] });
  }
  expect((await ask()).status).toBe(200);
  expect((await ask(undefined, other.address)).status).toBe(200);
  const refused = await ask();
  expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([429, "rate-limit"]);
  expect(await sumOf(http.pod.proxy, "weft_proxy_port_limited_total")).toBe(1);
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [tcp.pod.endpoint(tcp.port)] })] });
  const said = [await openTcp(), await openTcp(), await openTcp()].map((opened) => opened.said);
  expect(said).toEqual(["server-1", "server-1", undefined]);
  expect(await sumOf(tcp.pod.proxy, "weft_proxy_refused_connections_total", { reason: "rate_limit" })).toBeGreaterThan(
    0,
  );
});

test("what finds no room near goes to far instances, which get nothing else", async () => {
  const near = await tcpInstance("near-0");
  const far = await tcpInstance("far-0");
  for (const { pod } of [near, far]) await pod.apply({});
  // As the balanced split has it: all traffic stays on the node, or in the zone.
  const endpoints = [near.pod.endpoint(near.port, 10_000), far.pod.endpoint(far.port, 0)];
  const traffic = { circuitBreaker: { maxConnectionsPerEndpoint: 2 } };
  await client.apply({ upstreams: [upstream({ listenPort, endpoints, traffic })] });
  const opened = [await openTcp(), await openTcp(), await openTcp()];
  expect(opened.map(({ said }) => said)).toEqual(["near-0", "near-0", "far-0"]);
  opened[0]?.socket.end();
  await expect.poll(() => sumOf(client.proxy, "weft_proxy_service_connections")).toBe(2);
  expect((await openTcp()).said).toBe("near-0");
});
