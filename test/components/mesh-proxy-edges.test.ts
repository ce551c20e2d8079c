import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MeshSnapshot, SnapshotReport } from "../../core/model/mesh-snapshot.ts";
import { encodeLocalProxyHeader, encodeProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { createStaticSnapshotSource } from "../../mesh-proxy/control/static-snapshot-source.ts";
import { proxyConfigSchema } from "../../mesh-proxy/proxy-config.ts";
import { type RunningProxy, startProxy } from "../../mesh-proxy/start-proxy.ts";
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
const subnet = "127.77.5";
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh(subnet);
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0", { prefaceTimeoutMs: 300 });
});
afterEach(() => mesh.stop());

const somebody = { address: "10.0.0.1", port: 4000 };
const headerTo = (port: number) =>
  encodeProxyHeader({ source: somebody, destination: { address: `${subnet}.2`, port } });

const refused: readonly {
  readonly name: string;
  readonly bytes: Buffer;
  readonly reason: string;
  readonly from?: string;
  readonly ends?: boolean;
}[] = [
  { name: "garbage", bytes: Buffer.from("GET / HTTP/1.1\r\n\r\n"), reason: "not_proxy_protocol" },
  { name: "half a preface that goes no further", bytes: headerTo(80).subarray(0, 20), reason: "preface_timeout" },
  { name: "nothing at all", bytes: Buffer.alloc(0), reason: "preface_timeout" },
  { name: "half a preface and the end", bytes: headerTo(80).subarray(0, 14), reason: "closed_in_preface", ends: true },
  {
    name: "a preface of another version",
    bytes: Buffer.concat([headerTo(80).subarray(0, 12), Buffer.from([0x31]), headerTo(80).subarray(13)]),
    reason: "malformed_preface",
  },
  { name: "a preface for the proxy's own port", bytes: headerTo(15_008), reason: "forbidden_port" },
  { name: "a sound preface from outside the mesh", bytes: headerTo(80), reason: "not_a_peer", from: "127.0.0.1" },
  { name: "an application that does not listen", bytes: headerTo(9), reason: "app_refused" },
];

test.each(refused)("$name on the mesh port is closed and counted as $reason", async ({ bytes, reason, from, ends }) => {
  await server.apply({});
  const { host, port } = server.proxy.addresses.mesh;
  const socket = connect({ host, port, localAddress: from ?? client.address, allowHalfOpen: true });
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.resume();
  socket.write(bytes);
  if (ends) socket.end();
  socket.on("end", () => socket.end());
  await closed;
  expect(await sumOf(server.proxy, "weft_proxy_refused_connections_total", { reason })).toBe(1);
  await waitUntil(async () => (await sumOf(server.proxy, "weft_proxy_connections")) === 0, {
    what: "nothing is left of it",
    timeoutMs: 5000,
  });
});

test("a knock on the mesh port is closed, and counts as no refusal", async () => {
  await server.apply({});
  const { host, port } = server.proxy.addresses.mesh;
  const socket = connect({ host, port, localAddress: client.address });
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.resume();
  socket.write(encodeLocalProxyHeader());
  await closed;
  expect(await sumOf(server.proxy, "weft_proxy_refused_connections_total")).toBe(0);
});

test("a preface that comes byte by byte, with the first bytes behind it, is understood", async () => {
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  await server.apply({});
  const { host, port } = server.proxy.addresses.mesh;
  const socket = connect({ host, port, localAddress: client.address, noDelay: true });
  mesh.onStop(() => socket.destroy());
  await once(socket, "connect");
  for (const byte of headerTo(app.port)) {
    await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
  }
  socket.write("hello");
  const [answer] = await once(socket, "data");
  expect(String(answer)).toBe("hello");
  expect(await sumOf(server.proxy, "istio_tcp_received_bytes_total")).toBe(5);
});

function snapshotOf(version: number, parts: Partial<MeshSnapshot> = {}): MeshSnapshot {
  return { version, proxy: "core/client-0", peers: [client.peer, server.peer], upstreams: [], hops: [], ...parts };
}

const contradictions: readonly {
  readonly name: string;
  readonly make: () => unknown;
  readonly reason: RegExp;
}[] = [
  { name: "no object", make: () => "snapshot", reason: /object/ },
  { name: "an unknown field", make: () => ({ ...snapshotOf(900), routes: [] }), reason: /^routes: unknown field/ },
  {
    name: "a port out of range",
    make: () => snapshotOf(900, { upstreams: [upstream({ listenPort: 70_000, endpoints: [] })] }),
    reason: /^upstreams\[0\]\.listenPort: /,
  },
  {
    name: "another proxy's snapshot",
    make: () => snapshotOf(900, { proxy: "core/server-0" }),
    reason: /^proxy: .*core\/client-0/,
  },
  {
    name: "an endpoint that is no peer",
    make: () =>
      snapshotOf(900, {
        upstreams: [upstream({ listenPort, endpoints: [{ ...server.endpoint(80), pod: "core/ghost" }] })],
      }),
    reason: /^upstreams\[0\]\.endpoints\[0\]\.pod: .*core\/ghost/,
  },
  {
    name: "two upstreams on one port",
    make: () =>
      snapshotOf(900, {
        upstreams: [upstream({ listenPort, endpoints: [] }), upstream({ listenPort, endpoints: [] })],
      }),
    reason: /^upstreams\[1\]\.listenPort: /,
  },
  { name: "an older version", make: () => snapshotOf(0), reason: /^version: 0 is older than / },
];

test.each(contradictions)(
  "a snapshot with $name is rejected with the field, and the last good one stays",
  async ({ make, reason }) => {
    const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
    mesh.onStop(app.close);
    await server.apply({});
    await client.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(app.port)] })] });
    const running = client.proxy.snapshotVersion();
    const [report] = client.source.publish(make());
    expect(report).toMatchObject({ verdict: "rejected", proxy: "core/client-0", runningVersion: running });
    expect(report?.reason).toMatch(reason);
    expect(client.proxy.snapshotVersion()).toBe(running);
    const config = await (await fetch(`${client.proxy.addresses.admin.url}/config`)).json();
    expect(config).toMatchObject({ version: running, lastRejection: report?.reason });
    expect(await sumOf(client.proxy, "weft_proxy_snapshots_total", { verdict: "rejected" })).toBe(1);
    const socket = connect({ host: client.address, port: listenPort });
    mesh.onStop(() => socket.destroy());
    socket.write("still works");
    expect(String((await once(socket, "data"))[0])).toBe("still works");
  },
);

test("a proxy is live at once, and ready with its first snapshot", async () => {
  const url = client.proxy.addresses.admin.url;
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  const notReady = await fetch(`${url}/readyz`);
  expect(notReady.status).toBe(503);
  expect(await notReady.text()).toContain("no snapshot yet");
  expect(await samplesOf(client.proxy, "weft_proxy_snapshot_age_seconds")).toEqual([]);
  await client.apply({});
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const metrics = await fetch(`${url}/metrics`);
  expect(metrics.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await metrics.text()).toContain("weft_proxy_snapshot_version 1");
});

async function startAlone(options: Record<string, unknown>): Promise<RunningProxy> {
  const config = proxyConfigSchema.parse({
    namespace: "core",
    pod: "client-0",
    podAddress: `${subnet}.9`,
    adminPort: 0,
    meshPort: 0,
    ...options,
  });
  const proxy = await startProxy(config, { clock, log: silentLog, random: () => 0 });
  mesh.onStop(() => proxy.stop({ drainMs: 0 }));
  return proxy;
}

test("a snapshot file is enough to run", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "weft-proxy-"));
  mesh.onStop(() => rmSync(folder, { recursive: true }));
  const snapshotFile = path.join(folder, "snapshot.json");
  writeFileSync(snapshotFile, JSON.stringify(snapshotOf(5)));
  const proxy = await startAlone({ snapshotFile });
  await proxy.whenRunning(5);
  expect(proxy.snapshotVersion()).toBe(5);
});

test("without a source of snapshots, with two, or on a port that is taken, nothing starts", async () => {
  await expect(startAlone({})).rejects.toThrow(/controlUrl: is missing/);
  await expect(startAlone({ controlUrl: "http://x", snapshotFile: "y" })).rejects.toThrow(/snapshotFile: /);
  const taken = await tcpServer(`${subnet}.9`, () => {});
  mesh.onStop(taken.close);
  await expect(startAlone({ controlUrl: "http://x", meshPort: taken.port })).rejects.toMatchObject({
    code: "listen-failed",
  });
});

/** A mesh-control that says what the test wants. */
async function fakeControl() {
  const streams = new Set<ServerResponse>();
  const reports: SnapshotReport[] = [];
  const queries: string[] = [];
  let answer = (_: IncomingMessage, response: ServerResponse) => {
    response.write("\n");
    streams.add(response);
    response.on("close", () => streams.delete(response));
  };
  const app = createServer(async (request, response) => {
    if (request.method === "GET") {
      queries.push(request.url ?? "");
      return answer(request, response);
    }
    let body = "";
    for await (const piece of request) body += piece;
    reports.push(JSON.parse(body));
    response.statusCode = 204;
    return response.end();
  });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  const { port } = app.address() as { port: number };
  const stop = () => {
    app.closeAllConnections();
    app.close();
  };
  mesh.onStop(stop);
  return {
    url: `http://127.0.0.1:${port}`,
    reports,
    queries,
    streams,
    stop,
    answerWith: (next: typeof answer) => {
      answer = next;
    },
    send: (line: string) => {
      for (const stream of streams) stream.write(line);
    },
  };
}

const quick = { heartbeatTimeoutMs: 200, reconnectDelayMsMax: 20 };
const waiting = { timeoutMs: 5000, pollMs: 5 };

test("snapshots come over the stream in pieces, and each is reported on", async () => {
  const control = await fakeControl();
  const proxy = await startAlone({ controlUrl: `${control.url}/`, ...quick });
  await waitUntil(() => control.streams.size === 1, { what: "the stream is open", ...waiting });
  expect(control.queries[0]).toBe("/v1/snapshots?proxy=core%2Fclient-0");
  const line = `${JSON.stringify(snapshotOf(1))}\n`;
  control.send(line.slice(0, 40));
  control.send(line.slice(40));
  await proxy.whenRunning(1);
  control.send(`${JSON.stringify({ ...snapshotOf(2), proxy: "core/other" })}\n${JSON.stringify(snapshotOf(3))}\n`);
  await proxy.whenRunning(3);
  await waitUntil(() => control.reports.length === 3, { what: "three reports", ...waiting });
  const verdicts = control.reports.map(({ version, verdict, runningVersion }) => [version, verdict, runningVersion]);
  expect(verdicts).toEqual([
    [1, "accepted", 1],
    [2, "rejected", 1],
    [3, "accepted", 3],
  ]);
  expect(control.reports[1]?.reason).toMatch(/^proxy: /);
});

test("lines that are no JSON or too long leave the last good snapshot, and the stream recovers", async () => {
  const control = await fakeControl();
  const proxy = await startAlone({ controlUrl: control.url, snapshotBytesMax: 2000, ...quick });
  const open = (what: string) => waitUntil(() => control.streams.size === 1, { what, ...waiting });
  await open("the stream is open");
  control.send(`${JSON.stringify(snapshotOf(1))}\n`);
  await proxy.whenRunning(1);
  control.send("{ half a snapshot\n");
  await waitUntil(() => control.reports.length === 2, { what: "a report", ...waiting });
  expect(control.reports[1]).toMatchObject({ verdict: "rejected", runningVersion: 1 });
  const before = control.queries.length;
  control.send("x".repeat(3000));
  await waitUntil(() => control.queries.length > before, { what: "another stream", ...waiting });
  await open("the stream is open again");
  control.send(`${JSON.stringify(snapshotOf(2))}\n`);
  await proxy.whenRunning(2);
  expect(await sumOf(proxy, "weft_proxy_control_reconnects_total")).toBeGreaterThan(0);
});

test("a control side that falls silent, refuses or goes away is tried again, and the snapshot's age grows", async () => {
  const control = await fakeControl();
  const proxy = await startAlone({ controlUrl: control.url, ...quick });
  await waitUntil(() => control.streams.size === 1, { what: "the stream is open", ...waiting });
  control.send(`${JSON.stringify(snapshotOf(1))}\n`);
  await proxy.whenRunning(1);
  const opened = control.queries.length;
  control.answerWith((_, response) => {
    response.statusCode = 500;
    response.end();
  });
  await waitUntil(() => control.queries.length > opened + 2, {
    what: "silence is noticed and 500 is not believed",
    ...waiting,
  });
  control.stop();
  const age = () => sumOf(proxy, "weft_proxy_snapshot_age_seconds");
  const before = await age();
  await waitUntil(async () => (await age()) > before, { what: "the age grows", ...waiting });
  expect(proxy.snapshotVersion()).toBe(1);
  expect((await fetch(`${proxy.addresses.admin.url}/readyz`)).status).toBe(200);
});

test("traffic series beyond the limit are counted together, and none is lost", async () => {
  const narrow = await mesh.pod("narrow-0", { seriesMax: 1 });
  const app = await tcpServer(narrow.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  for (const pod of [narrow, server]) await pod.apply({});
  for (const pod of [client, server]) {
    await pod.apply({ upstreams: [upstream({ listenPort, endpoints: [narrow.endpoint(app.port)] })] });
    const socket = connect({ host: pod.address, port: listenPort });
    mesh.onStop(() => socket.destroy());
    socket.write("12345");
    await once(socket, "data");
  }
  expect(await sumOf(narrow.proxy, "istio_tcp_received_bytes_total")).toBe(5);
  expect(await sumOf(narrow.proxy, "weft_proxy_series_overflow_total")).toBe(1);
  expect(await sumOf(narrow.proxy, "weft_proxy_unattributed_bytes_total")).toBe(10);
});

test("a source may have a snapshot before the proxy starts", async () => {
  const source = createStaticSnapshotSource(snapshotOf(7));
  const config = proxyConfigSchema.parse({
    namespace: "core",
    pod: "client-0",
    podAddress: `${subnet}.9`,
    adminPort: 0,
  });
  const proxy = await startProxy(config, { clock, log: silentLog, random: () => 0, snapshotSource: source });
  mesh.onStop(() => proxy.stop({ drainMs: 0 }));
  await proxy.whenRunning(7);
  expect(proxy.snapshotVersion()).toBe(7);
});
