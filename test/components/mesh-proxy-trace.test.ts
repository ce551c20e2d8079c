/** Traces through proxies: W3C's headers on the wire, spans at a collector. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Upstream } from "../../core/model/mesh-snapshot.ts";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../tools/otlp-receiver.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { applyPath, createPathMesh, passingFunction, httpApp as pathHttpApp } from "./mesh-proxy-path-setup.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";
const sampled = `00-${traceId}-${parentId}-01`;
let mesh: TestMesh;
let receiver: OtlpReceiver;
let client: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.82");
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  await mesh.stop();
  receiver.close();
  expect(receiver.problems).toEqual([]);
});

async function startPods(config: Partial<ProxyConfigInput> = {}): Promise<void> {
  client = await mesh.pod("client-0", { traceUrl: receiver.url, ...config });
  server = await mesh.pod("server-0", { traceUrl: receiver.url, ...config });
}

async function route(appPort: number, fields: Partial<Upstream> = {}): Promise<void> {
  await server.apply({});
  const endpoints = [server.endpoint(appPort)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints, ...fields })] });
}

/** @returns what it was told of each request */
async function httpApp(): Promise<{ readonly port: number; readonly seen: IncomingHttpHeaders[] }> {
  const seen: IncomingHttpHeaders[] = [];
  const app = createServer((incoming, response) => {
    seen.push(incoming.headers);
    response.writeHead(incoming.url === "/bad" ? 500 : 200).end();
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.close();
    app.closeAllConnections();
  });
  return { port: (app.address() as AddressInfo).port, seen };
}

async function ask(
  path: string,
  headers: Record<string, string | string[]> = {},
  host = client.address,
): Promise<void> {
  const outgoing = request({ host, port: listenPort, path, headers, agent: false });
  outgoing.end();
  const [incoming] = await once(outgoing, "response");
  for await (const _ of incoming);
}

async function spans(spanCount: number, at = receiver): Promise<readonly ReceivedSpan[]> {
  await waitUntil(() => at.spans.length >= spanCount, { what: `${spanCount} spans`, timeoutMs: 8000 });
  expect(at.spans).toHaveLength(spanCount);
  return at.spans.toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)));
}

test("a sampled trace goes on: each proxy has a span, and the application the client's", async () => {
  await startPods({ traceShare: 0 });
  const app = await httpApp();
  await route(app.port);
  await ask("/a?b=c", { traceparent: sampled, tracestate: ["x=1", "y=2"], "user-agent": "test" });
  const [out, back] = await spans(2);
  expect(out).toMatchObject({ traceId, parentSpanId: parentId, name: "GET", kind: 3, flags: 0x301, status: {} });
  expect(out?.traceState).toBe("x=1,y=2");
  expect(out?.attributes).toMatchObject({
    "http.request.method": "GET",
    "url.path": "/a",
    "url.query": "b=c",
    "http.response.status_code": "200",
    "user_agent.original": "test",
    "network.protocol.version": "1.1",
    "weft.destination_pod": "core/server-0",
    "weft.destination_service": "svc.core.svc.cluster.local",
  });
  expect(out?.resource).toMatchObject({
    "service.name": "client",
    "k8s.pod.name": "client-0",
    "k8s.node.name": "n-client-0",
  });
  expect(back).toMatchObject({ traceId, parentSpanId: out?.spanId, kind: 2 });
  expect(back?.resource).toMatchObject({ "service.name": "server" });
  expect(app.seen[0]).toMatchObject({ traceparent: `00-${traceId}-${out?.spanId}-01`, tracestate: "x=1, y=2" });
});

test("a request without a trace begins one, by the share, and its flags say that its id is random", async () => {
  await startPods({ traceShare: 1 });
  const app = await httpApp();
  await route(app.port);
  await ask("/bad");
  const [out, back] = await spans(2);
  expect(out).toMatchObject({ name: "GET", kind: 3, flags: 0x303, status: { code: 2 } });
  expect(out).not.toHaveProperty("parentSpanId");
  expect(out?.attributes).toMatchObject({ "error.type": "500" });
  expect(back).toMatchObject({ traceId: out?.traceId, parentSpanId: out?.spanId, flags: 0x303 });
  expect(app.seen[0]?.traceparent).toBe(`00-${out?.traceId}-${out?.spanId}-03`);
});

test.each([
  { name: "that begins no trace", headers: {} },
  {
    name: "of a trace that is not sampled",
    headers: { traceparent: `00-${traceId}-${parentId}-00`, tracestate: "x=1" },
  },
  { name: "with what is no trace", headers: { traceparent: `00-${traceId.toUpperCase()}-${parentId}-01` } },
])("a request $name passes as it came", async ({ headers }) => {
  await startPods({ traceShare: 0 });
  const app = await httpApp();
  await route(app.port);
  await ask("/", headers);
  await ask("/", { traceparent: sampled });
  await spans(2);
  const said = Object.entries(app.seen[0] ?? {}).filter(([name]) => name.startsWith("trace"));
  expect(Object.fromEntries(said)).toEqual(headers);
});

test("a malformed trace makes room for a new one, and its state goes with it", async () => {
  await startPods({ traceShare: 1 });
  const app = await httpApp();
  await route(app.port);
  await ask("/", { traceparent: `${sampled}-x`, tracestate: "x=1" });
  const [out] = await spans(2);
  expect(out?.traceId).not.toBe(traceId);
  expect(app.seen[0]?.traceparent).toContain(out?.traceId);
  expect(app.seen[0]).not.toHaveProperty("tracestate");
});

test("pipelined requests are traced each by itself, and others among them pass as they came", async () => {
  await startPods({ traceShare: 0 });
  const app = await httpApp();
  await route(app.port);
  const socket = connect({ host: client.address, port: listenPort });
  mesh.onStop(() => socket.destroy());
  const requests = Array.from({ length: 10 }, (_, at) => {
    const header = at % 2 === 0 ? `traceparent: ${sampled}\r\n` : "";
    return `POST /${at} HTTP/1.1\r\nhost: a\r\n${header}content-length: 3\r\n\r\nabc`;
  });
  // In pieces that end anywhere.
  for (const piece of requests.join("").match(/[\s\S]{1,97}/g) ?? []) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const all = await spans(10);
  expect(new Set(all.map(({ spanId }) => spanId)).size).toBe(10);
  const outs = all.filter(({ kind }) => kind === 3);
  expect(app.seen.map(({ traceparent }) => traceparent)).toEqual(
    Array.from({ length: 10 }, (_, at) =>
      at % 2 === 0
        ? `00-${traceId}-${outs.find(({ attributes }) => attributes["url.path"] === `/${at}`)?.spanId}-01`
        : undefined,
    ),
  );
});

test("HTTP/2 streams are traced, too", async () => {
  await startPods({ traceShare: 0 });
  const seen: IncomingHttpHeaders[] = [];
  const app = createH2Server();
  app.on("stream", (stream: ServerHttp2Stream, headers) => {
    seen.push(headers);
    stream.respond({ ":status": 200, "grpc-status": "13" });
    stream.end();
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => app.close());
  await route((app.address() as AddressInfo).port, { protocol: "h2c" });
  const session = connectH2(`http://${client.address}:${listenPort}`);
  mesh.onStop(() => session.destroy());
  const stream = session.request({ ":path": "/pkg.Svc/Do", traceparent: sampled, tracestate: "x=1", a: "b" });
  stream.resume();
  await once(stream, "close");
  const [out, back] = await spans(2);
  expect(out).toMatchObject({ traceId, parentSpanId: parentId, kind: 3, status: { code: 2 } });
  expect(out?.attributes).toMatchObject({ "network.protocol.version": "2", "rpc.grpc.status_code": "13" });
  expect(back).toMatchObject({ parentSpanId: out?.spanId, kind: 2 });
  expect(seen[0]).toMatchObject({ traceparent: `00-${traceId}-${out?.spanId}-01`, tracestate: "x=1", a: "b" });
});

test("each hop of a chain has a span of its own, with its function, path and index", async () => {
  const config = { traceUrl: receiver.url, traceShare: 1 };
  const path = await createPathMesh("127.77.83", {}, config);
  try {
    const ports = {
      first: (await passingFunction(path, path.first)).port,
      second: (await passingFunction(path, path.second)).port,
      app: await pathHttpApp(path),
    };
    await applyPath(path, { protocol: "http1", ports });
    await ask("/", {}, path.client.address);
    const all = await spans(4);
    expect(all.map(({ name, kind }) => [name, kind])).toEqual([
      ["GET", 3],
      ["hop fw", 1],
      ["hop dpi", 1],
      ["GET", 2],
    ]);
    for (const [index, span] of all.entries()) expect(span.parentSpanId).toBe(all[index - 1]?.spanId);
    expect(
      all.map(({ attributes }) => [attributes["weft.chain"], attributes["weft.spi"], attributes["weft.si"]]),
    ).toEqual([
      ["n6", "7", "2"],
      ["n6", "7", "2"],
      ["n6", "7", "1"],
      ["n6", "7", "0"],
    ]);
    expect(all[1]?.attributes["weft.function"]).toBe("fw");
    expect(all[1]?.resource["k8s.pod.name"]).toBe("first-0");
  } finally {
    await path.mesh.stop();
  }
});

test.each([429, 502, 503, 504])("a collector that answers %i is asked again, when it says", async (status) => {
  await startPods({ traceShare: 0 });
  const app = await httpApp();
  await route(app.port);
  receiver.refusals.push({ status, headers: { "retry-after": "1" } });
  await ask("/", { traceparent: sampled });
  await spans(2);
  const sent = async () => {
    const counts = [client, server].map(({ proxy }) => sumOf(proxy, "weft_trace_spans_sent_total"));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count);
  };
  await expect.poll(sent).toBe(2);
  expect(receiver.requestCount).toBe(3);
});

test("what a collector refuses for good is dropped and counted", async () => {
  await startPods({ traceShare: 0 });
  const app = await httpApp();
  await route(app.port);
  receiver.refusals.push({ status: 400 }, { status: 404 });
  await ask("/", { traceparent: sampled });
  for (const { proxy } of [client, server]) {
    const check = async () => (await sumOf(proxy, "weft_trace_spans_dropped_total", { reason: "refused" })) === 1;
    await waitUntil(check, { what: "the span is dropped", timeoutMs: 8000 });
  }
  expect(receiver.requestCount).toBe(2);
});

test("a collector that is not there costs spans beyond the queue, and nothing else", async () => {
  receiver.close();
  await startPods({ traceShare: 1, traceQueueMax: 3 });
  const app = await httpApp();
  await route(app.port);
  for (let at = 0; at < 10; at++) await ask("/");
  expect(app.seen).toHaveLength(10);
  expect(await sumOf(client.proxy, "weft_trace_spans_dropped_total", { reason: "queue_full" })).toBe(7);
  await client.proxy.stop();
  expect(await sumOf(client.proxy, "weft_trace_spans_dropped_total", { reason: "shutdown" })).toBe(3);
});

test("spans that wait are sent when the proxy stops", async () => {
  await startPods({ traceShare: 0 });
  const app = await httpApp();
  await route(app.port);
  await ask("/", { traceparent: sampled });
  await Promise.all([client.proxy.stop({ drainMs: 2000 }), server.proxy.stop({ drainMs: 2000 })]);
  expect(receiver.spans).toHaveLength(2);
});
