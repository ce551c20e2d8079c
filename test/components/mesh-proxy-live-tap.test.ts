/** `GET /v1/tap` of the admin port, and `weft tap` that reads it. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { proxyAdminPort, type Upstream } from "../../core/model/mesh-snapshot.ts";
import { controlConfigSchema } from "../../mesh-control/control-config.ts";
import { startControl } from "../../mesh-control/start-control.ts";
import { meshCluster, meshNode, meshPod, meshService } from "../builders/mesh-cluster.ts";
import { runWeft } from "../tools/run-weft.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { parseLines } from "./mesh-proxy-access-log-setup.ts";
import { clock, createTestMesh, silentLog, sumOf, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;
let toServer: () => Upstream;

beforeEach(async () => {
  mesh = createTestMesh("127.77.84");
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0");
  const app = createServer((incoming, response) =>
    response.writeHead(Number(incoming.headers.status ?? 200)).end("ok"),
  );
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.close();
    app.closeAllConnections();
  });
  await server.apply({});
  const endpoints = [server.endpoint((app.address() as AddressInfo).port)];
  toServer = () => upstream({ listenPort, protocol: "http1", endpoints });
  await client.apply({ upstreams: [toServer()] });
});
afterEach(() => mesh.stop());

const adminOf = (pod: TestPod) => pod.proxy.addresses.admin.url;

async function ask(path: string, { method = "GET", status = 200, host = "svc", of = client } = {}): Promise<void> {
  const headers = { status: String(status), host };
  const outgoing = request({ host: of.address, port: listenPort, path, method, headers, agent: false });
  outgoing.end();
  const [incoming] = await once(outgoing, "response");
  for await (const _ of incoming);
}

/** @returns the text so far, which grows */
async function tap(query: string, pod = client) {
  const response = await fetch(`${adminOf(pod)}/v1/tap?${query}`);
  expect(response.status).toBe(200);
  const seen = { text: "", isOver: false };
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) seen.text += decoder.decode(piece);
    seen.isOver = true;
  })();
  const over = async () => {
    await reading;
    const lines = seen.text.trimEnd().split("\n");
    const last = lines.pop() ?? "";
    return { lines: parseLines(lines.map((line) => `${line}\n`).join("")), end: JSON.parse(last).tap };
  };
  return { seen, over };
}

const tapCount = (pod: TestPod) => sumOf(pod.proxy, "weft_proxy_live_taps");
const noTaps = (pod: TestPod) =>
  waitUntil(async () => (await tapCount(pod)) === 0, { what: "the tap is gone", timeoutMs: 5000 });

test("shows what matches the filter, as it ends, and then says what there was", async () => {
  const shown = await tap("path=/a&method=POST&status=4xx&host=svc&source=client&destination=core/svc&count=2");
  await ask("/a/1", { method: "POST", status: 404 });
  await waitUntil(() => shown.seen.text.includes("\n"), { what: "a line", timeoutMs: 5000 });
  await ask("/a/2", { status: 404 });
  await ask("/b", { method: "POST", status: 404 });
  await ask("/a/3", { method: "POST" });
  await ask("/a/4", { method: "POST", status: 404, host: "other" });
  await ask("/a/5", { method: "POST", status: 410 });
  await ask("/a/6", { method: "POST", status: 404 });
  const { lines, end } = await shown.over();
  expect(lines.map(({ path, response_code }) => [path, response_code])).toEqual([
    ["/a/1", 404],
    ["/a/5", 410],
  ]);
  expect(end).toEqual({ ended: "count", shown: 2, dropped: { overRate: 0, unread: 0 } });
  await noTaps(client);
});

test("ends when its time is up, and shows no more a second than it may", async () => {
  const shown = await tap("durationMs=1500&perSecond=1");
  const sender = connect({ host: client.address, port: listenPort });
  mesh.onStop(() => sender.destroy());
  sender.resume();
  sender.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(20));
  const { lines, end } = await shown.over();
  expect(end.ended).toBe("duration");
  expect(lines.length).toBe(end.shown);
  // It touches three seconds at most.
  expect(end.shown).toBeLessThanOrEqual(3);
  expect(end.shown + end.dropped.overRate).toBe(await sumOf(client.proxy, "istio_requests_total"));
  expect(end.dropped.overRate).toBeGreaterThan(0);
});

test("a reader that does not read loses lines, and holds up nothing", async () => {
  const { host, port } = client.proxy.addresses.admin;
  const reader = connect({ host, port });
  mesh.onStop(() => reader.destroy());
  reader.write(`GET /v1/tap?perSecond=1000&count=100000 HTTP/1.1\r\nhost: a\r\n\r\n`);
  await once(reader, "data");
  reader.pause();
  // More than what the kernel and Node keep for it.
  const long = "x".repeat(500);
  const sender = connect({ host: client.address, port: listenPort });
  mesh.onStop(() => sender.destroy());
  sender.on("error", () => {});
  sender.resume();
  const ended = () => sumOf(server.proxy, "istio_requests_total");
  for (let round = 1; round <= 60; round++) {
    sender.write(`GET /${long} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(100));
    await waitUntil(async () => (await ended()) === round * 100, {
      what: "all are answered",
      timeoutMs: 5000,
      pollMs: 5,
    });
  }
  await client.proxy.stop();
  reader.resume();
  let text = "";
  for await (const piece of reader) text += piece;
  const { tap: end } = JSON.parse(/\{"tap":.*\}/.exec(text)?.[0] ?? "{}");
  expect(end.ended).toBe("stopped");
  expect(end.dropped.unread + end.dropped.overRate).toBe(6000 - end.shown);
  expect(end.dropped.unread).toBeGreaterThan(0);
});

test("at most four look at a time, and who goes makes room", async () => {
  const aborts = Array.from({ length: 4 }, () => new AbortController());
  // A response that nobody holds may be cancelled.
  const open = await Promise.all(aborts.map(({ signal }) => fetch(`${adminOf(client)}/v1/tap`, { signal })));
  expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const refused = await fetch(`${adminOf(client)}/v1/tap`);
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ error: { code: "limit-reached" } });
  aborts[0]?.abort();
  await waitUntil(async () => (await tapCount(client)) === 3, { what: "one is gone", timeoutMs: 5000 });
  const again = await tap("count=1");
  await ask("/x");
  expect((await again.over()).lines).toHaveLength(1);
  for (const abort of aborts.slice(1)) abort.abort();
  await noTaps(client);
  expect(open).toHaveLength(4);
});

test.each(["status=99", "count=0", "perSecond=1001", "unknown=1", "path="])("refuses %s", async (query) => {
  const answer = await fetch(`${adminOf(client)}/v1/tap?${query}`);
  expect(answer.status).toBe(400);
  expect(await tapCount(client)).toBe(0);
});

test("weft tap prints what a pod's proxy shows, whose pod mesh-control knows", async () => {
  // Where the admin port of pods is.
  const other = await mesh.pod("other-0", { adminPort: proxyAdminPort });
  await server.apply({});
  await other.apply({ upstreams: [toServer()] });
  const pods = [meshPod("other-0", "n1", "svc=15010", { address: other.address })];
  const view = meshCluster({ nodes: [meshNode("n1", "a")], pods, services: [meshService("svc")] });
  const control = await startControl(controlConfigSchema.parse({ host: "127.0.0.1", port: 0 }), {
    view,
    clock,
    log: silentLog,
  });
  mesh.onStop(() => control.stop());
  const running = runWeft(
    "tap",
    "other-0",
    "-n",
    "core",
    "--control-url",
    control.url,
    "--filter",
    "path=/cli",
    "--count",
    "1",
  );
  await waitUntil(async () => (await tapCount(other)) === 1, { what: "the tap is open", timeoutMs: 20_000 });
  await ask("/other", { of: other });
  await ask("/cli", { of: other });
  const { exitCode, stdout } = await running;
  const [line, end] = stdout.trimEnd().split("\n");
  expect(parseLines(`${line}\n`)[0]).toMatchObject({ path: "/cli", reporter: "source" });
  expect(JSON.parse(end ?? "")).toMatchObject({ tap: { ended: "count", shown: 1 } });
  expect(exitCode).toBe(0);
});

test.each([
  { name: "a filter that is none", args: ["--admin", "http://127.0.0.1:1", "--filter", "verb=GET"], code: 64 },
  { name: "no pod", args: [], code: 64 },
  { name: "nobody there", args: ["--admin", "http://127.77.84.1:1"], code: 69 },
])("weft tap ends with $code: $name", async ({ args, code }) => {
  expect((await runWeft("tap", ...args)).exitCode).toBe(code);
});
