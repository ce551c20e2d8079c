/** Active health checks ask real applications through real proxies. */
import { createServer } from "node:http";
import { createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HealthCheck } from "../../core/model/traffic-policy.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.73");
  // However often dials fail, breakers hold nobody up beyond this.
  client = await mesh.pod("client-0", { ejectionMs: 50, ejectionMsMax: 50 });
  server = await mesh.pod("server-0");
  await server.apply({});
});
afterEach(() => mesh.stop());

const check: HealthCheck = {
  ...{ type: "HTTP", path: "/healthz", expectedStatuses: [200, 299], service: "" },
  ...{ intervalMs: 100, timeoutMs: 2000, unhealthyThreshold: 2, healthyThreshold: 2 },
};

async function apply(healthCheck: HealthCheck, port: number, others: readonly TestPod[] = []): Promise<void> {
  const endpoints = [server, ...others].map((pod) => pod.endpoint(port));
  await client.apply({ upstreams: [upstream({ listenPort, endpoints, traffic: { healthCheck } })] });
}

const unhealthyCount = () => sumOf(client.proxy, "weft_proxy_unhealthy_endpoints");
const checkCount = (result: string) => sumOf(client.proxy, "weft_proxy_health_checks_total", { result });

test("an application that answers its check badly is passed over until it answers well", async () => {
  const other = await mesh.pod("server-1");
  await other.apply({});
  let status = 200;
  const seen: string[] = [];
  const app = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers["user-agent"]}`);
    response.statusCode = status;
    response.end("one");
  });
  await new Promise<void>((resolve) => app.listen({ host: server.address, port: 0 }, resolve));
  mesh.onStop(() => app.close());
  const { port } = app.address() as { port: number };
  const twin = createServer((_, response) => response.end("other"));
  await new Promise<void>((resolve) => twin.listen({ host: other.address, port }, resolve));
  mesh.onStop(() => twin.close());
  await apply(check, port, [other]);
  await expect.poll(() => checkCount("passed")).toBeGreaterThan(3);
  expect(new Set(seen)).toEqual(new Set(["GET /healthz weft-health-check"]));
  expect(await unhealthyCount()).toBe(0);
  status = 500;
  await expect.poll(unhealthyCount).toBe(1);
  for (let time = 0; time < 10; time++) expect(await get()).toContain("other");
  status = 204;
  await expect.poll(unhealthyCount).toBe(0);
  await expect.poll(get).toContain("HTTP/1.1 204");
});

/** @returns all that comes back. */
function get(): Promise<string> {
  const socket = connect({ host: client.address, port: listenPort });
  socket.write("GET / HTTP/1.1\r\nhost: svc\r\nconnection: close\r\n\r\n");
  let text = "";
  return new Promise((resolve) => {
    socket.on("data", (bytes) => {
      text += bytes;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
  });
}

test("a check that gets no answer in time has failed", async () => {
  const app = await tcpServer(server.address, (socket) => socket.resume());
  mesh.onStop(app.close);
  await apply({ ...check, timeoutMs: 50 }, app.port);
  await expect.poll(unhealthyCount).toBe(1);
  expect(await checkCount("passed")).toBe(0);
});

test("TCP: it is enough that the application takes a connection", async () => {
  const app = await tcpServer(server.address, (socket) => socket.resume());
  await apply({ ...check, type: "TCP" }, app.port);
  await expect.poll(() => checkCount("passed")).toBeGreaterThan(2);
  app.close();
  await expect.poll(unhealthyCount).toBe(1);
  const again = await tcpServer(server.address, (socket) => socket.resume(), app.port);
  mesh.onStop(again.close);
  await expect.poll(unhealthyCount).toBe(0);
});

test.each([
  { name: "serving", message: [0, 0, 0, 0, 2, 8, 1], grpcStatus: "0", isSound: true },
  { name: "not serving", message: [0, 0, 0, 0, 2, 8, 2], grpcStatus: "0", isSound: false },
  { name: "a service that it does not know", message: [], grpcStatus: "5", isSound: false },
])("gRPC: $name", async ({ message, grpcStatus, isSound }) => {
  const asked: string[] = [];
  const app = createH2Server();
  app.on("stream", async (stream: ServerHttp2Stream, headers) => {
    let body = Buffer.alloc(0);
    for await (const piece of stream) body = Buffer.concat([body, piece]);
    asked.push(`${headers[":path"]} ${body.subarray(7)}`);
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": grpcStatus }));
    stream.end(Buffer.from(message));
  });
  await new Promise<void>((resolve) => app.listen({ host: server.address, port: 0 }, resolve));
  mesh.onStop(() => app.close());
  await apply({ ...check, type: "GRPC", service: "core.Udm" }, (app.address() as { port: number }).port);
  await expect.poll(() => checkCount(isSound ? "passed" : "failed")).toBeGreaterThan(2);
  expect(await unhealthyCount()).toBe(isSound ? 0 : 1);
  expect(await checkCount(isSound ? "failed" : "passed")).toBe(0);
  expect(new Set(asked)).toEqual(new Set(["/grpc.health.v1.Health/Check core.Udm"]));
});

test("an endpoint that leaves the Service is checked no more, and checks end with their policy", async () => {
  const app = await tcpServer(server.address, (socket) => socket.resume());
  mesh.onStop(app.close);
  await apply({ ...check, type: "TCP" }, app.port);
  await expect.poll(() => checkCount("passed")).toBeGreaterThan(0);
  await client.apply({
    upstreams: [upstream({ listenPort, endpoints: [], traffic: { healthCheck: { ...check, type: "TCP" } } })],
  });
  const before = await checkCount("passed");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await checkCount("passed")).toBeLessThanOrEqual(before + 1);
});
