/** Requests of one HTTP/2 connection, each by its own keys on a chain's path or off it; Node's http2 is client and server. */
import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect as connectH2,
  createServer as createH2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ForwardingHop, Upstream } from "../../core/model/mesh-snapshot.ts";
import { readProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15_010;
const chain = "core/inspect";

let mesh: TestMesh;
let client: TestPod;
let server: TestPod;
let inspectors: Inspector[];
let appPort: number;
let held: ServerHttp2Stream[];

interface Inspector {
  readonly pod: TestPod;
  readonly port: number;
  /** The client of each flow that the function got, as the PROXY header names it. */
  readonly clients: string[];
  readonly sockets: Set<Socket>;
}

beforeEach(async () => {
  mesh = createTestMesh("127.78.32");
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0");
  held = [];
  appPort = await serve();
  inspectors = [await inspector("inspect-0"), await inspector("inspect-1")];
});
afterEach(() => mesh.stop());

/** Answers with the path, but holds back what is asked below `/held`. */
async function serve(): Promise<number> {
  const app = createH2Server();
  const sessions = new Set<ServerHttp2Session>();
  app.on("session", (session: ServerHttp2Session) => sessions.add(session));
  app.on("sessionError", () => {});
  app.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => {});
    if (headers[":path"]?.startsWith("/held") === true) held.push(stream);
    else answer(stream, headers[":path"] ?? "");
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    for (const session of sessions) session.destroy();
    app.close();
  });
  return (app.address() as { port: number }).port;
}

function answer(stream: ServerHttp2Stream, text: string): void {
  stream.respond({ ":status": 200 });
  stream.end(text);
}

async function inspector(name: string): Promise<Inspector> {
  const pod = await mesh.pod(name);
  const [clients, sockets] = [[] as string[], new Set<Socket>()];
  const { port, close } = await tcpServer(pod.address, (socket) => {
    let isKnown = false;
    sockets.add(socket);
    socket.on("data", (bytes: Buffer) => {
      if (isKnown) return void socket.write(bytes);
      isKnown = true;
      const header = readProxyHeader(bytes, 0, bytes.length);
      if (header.kind !== "header") throw new Error(`not a PROXY header: ${header.kind}`);
      if (header.tlvs.direction === "request") clients.push(`${header.source?.address} ${header.source?.port}`);
      socket.write(bytes.subarray(header.bytesUsed));
    });
    socket.on("end", () => socket.end());
    socket.on("close", () => sockets.delete(socket));
  });
  mesh.onStop(close);
  return { pod, port, clients, sockets };
}

function hop(spi: number, { port }: Inspector): ForwardingHop {
  const next = [server.endpoint(appPort)];
  const about = { hasProxyProtocol: true, failurePolicy: "Block", mode: "Forward" } as const;
  return { chain, spi, serviceIndex: 1, next, isSymmetric: true, protocol: "h2c", function: { name: "inspect", port, ...about } }; // biome-ignore format: short
}

const pathOf = (spi: number, instances: readonly Inspector[]) => ({
  chain,
  spi,
  serviceIndex: 1,
  next: instances.map(({ pod, port }) => pod.endpoint(port)),
});

async function applyPods(...spis: readonly number[]): Promise<void> {
  await server.apply({ arrivals: spis.map((spi) => ({ chain, spi })) });
  for (const one of inspectors) await one.pod.apply({ hops: spis.map((spi) => hop(spi, one)) });
}

function applyClient(part: Partial<Upstream>): Promise<void> {
  return client.apply({
    upstreams: [upstream({ listenPort, protocol: "h2c", endpoints: [server.endpoint(appPort)], ...part })],
  });
}

function session(): ClientHttp2Session {
  const opened = connectH2(`http://${client.address}:${listenPort}`);
  opened.on("error", () => {});
  mesh.onStop(() => opened.destroy());
  return opened;
}

async function ask(over: ClientHttp2Session, path: string, headers: Record<string, string> = {}): Promise<string> {
  const stream = over.request({ ":path": path, ...headers });
  let [status, text] = [0, ""];
  stream.on("response", (fields) => {
    status = Number(fields[":status"]);
  });
  try {
    for await (const piece of stream) text += piece;
  } catch (error) {
    return (error as { code?: string }).code ?? "failed";
  }
  return status === 200 ? text : String(status);
}

const flowsSeen = () => inspectors.flatMap(({ clients }) => clients);
const onPath = (pod: TestPod, spi: number) =>
  sumOf(pod.proxy, "istio_requests_total", { reporter: "source", weft_spi: String(spi) });

test("requests of one connection go a path or straight on, each by its subscriber and header", async () => {
  await applyPods(7);
  const when = { http: { supis: [{ type: "Exact", value: "imsi-208930000000003" } as const] } };
  const byHeader = { http: { headers: [{ name: "x-inspect", value: "yes" }] } };
  const path = pathOf(7, inspectors);
  await applyClient({ matches: [{ chain, when, path }, { chain, when: byHeader, path }] }); // biome-ignore format: short
  const over = session();
  const paths = Array.from({ length: 10 }, (_, at) => `/nudm-sdm/v2/imsi-20893000000000${at}/am-data`);
  expect(await Promise.all(paths.map((one) => ask(over, one)))).toEqual(paths);
  expect(await onPath(client, 7)).toBe(1);
  expect(await ask(over, "/other", { "x-inspect": "yes" })).toBe("/other");
  expect(await onPath(client, 7)).toBe(2);
  const { localPort } = over.socket as Socket;
  expect(flowsSeen()).toEqual([`${client.address} ${localPort}`]);
  expect(await sumOf(client.proxy, "weft_hop_requests_total", { weft_hop: "classifier" })).toBe(2);
});

test("when a chain takes the service, the next request goes its path, and those under way stay", async () => {
  await applyPods(7);
  await applyClient({});
  const over = session();
  const early = ask(over, "/held");
  await expect.poll(() => held.length).toBe(1);
  await applyClient({ path: pathOf(7, inspectors) });
  expect(await ask(over, "/next")).toBe("/next");
  answer(held[0] as ServerHttp2Stream, "early");
  expect(await early).toBe("early");
  expect(flowsSeen()).toHaveLength(1);
  expect(await onPath(client, 7)).toBe(1);
});

test("a new version takes the next request, and the old path's connection ends behind its last", async () => {
  await applyPods(7, 8);
  await applyClient({ path: pathOf(7, inspectors) });
  const over = session();
  const early = ask(over, "/held");
  await expect.poll(() => held.length).toBe(1);
  await applyClient({ path: pathOf(8, inspectors) });
  expect(await ask(over, "/next")).toBe("/next");
  answer(held[0] as ServerHttp2Stream, "early");
  expect(await early).toBe("early");
  expect([await onPath(client, 7), await onPath(client, 8)]).toEqual([1, 1]);
  // One flow is left, of two connections: one for each direction.
  await expect.poll(() => inspectors.reduce((sum, { sockets }) => sum + sockets.size, 0)).toBe(2);
});

test("a newcomer takes new flows, and none that live", async () => {
  await applyPods(7);
  const [old] = inspectors as [Inspector];
  await applyClient({ path: pathOf(7, [old]) });
  const clients = Array.from({ length: 16 }, session);
  for (const one of clients) expect(await ask(one, "/")).toBe("/");
  await applyClient({ path: pathOf(7, inspectors) });
  for (const one of clients) expect(await ask(one, "/")).toBe("/");
  expect([flowsSeen().length, old.clients.length]).toEqual([16, 16]);
  for (const one of Array.from({ length: 16 }, session)) expect(await ask(one, "/")).toBe("/");
  expect(flowsSeen()).toHaveLength(32);
  expect(old.clients.length).toBeLessThan(32);
  await applyClient({ path: pathOf(7, inspectors.slice(1)) });
  for (const one of clients) expect(await ask(one, "/")).toBe("/");
  expect(flowsSeen()).toHaveLength(48);
});

test("each client has a flow of its own, and it ends with the client", async () => {
  await applyPods(7);
  await applyClient({ path: pathOf(7, inspectors) });
  const clients = [session(), session(), session()];
  for (const one of [...clients, ...clients]) expect(await ask(one, "/")).toBe("/");
  expect(new Set(flowsSeen()).size).toBe(3);
  expect(flowsSeen()).toHaveLength(3);
  for (const one of clients) one.close();
  await expect.poll(() => inspectors.reduce((sum, { sockets }) => sum + sockets.size, 0)).toBe(0);
});

test("of an instance that is killed only what cannot be sent again is lost", async () => {
  await applyPods(7);
  await applyClient({ path: pathOf(7, inspectors) });
  const over = session();
  const [get, post] = [ask(over, "/held/get"), ask(over, "/held/post", { ":method": "POST" })];
  await expect.poll(() => held.length).toBe(2);
  const victim = inspectors.find(({ clients }) => clients.length > 0) as Inspector;
  await victim.pod.proxy.stop({ drainMs: 0 });
  expect(await post).toBe("502");
  await expect.poll(() => held.length).toBe(3);
  answer(held[2] as ServerHttp2Stream, "again");
  expect(await get).toBe("again");
  expect(await ask(over, "/")).toBe("/");
  const errors = { weft_hop: "classifier", reason: "onward_reset" };
  expect(await sumOf(client.proxy, "weft_hop_errors_total", errors)).toBe(1);
});

test("a chain that is blocked stops its own requests, and a client without HTTP/2 is refused", async () => {
  const when = { http: { paths: [{ type: "Prefix", value: "/secret" } as const] } };
  await applyPods();
  await applyClient({ matches: [{ chain, when, isBlocked: true }] });
  const over = session();
  expect(await ask(over, "/secret/a")).toBe("503");
  expect(await ask(over, "/open")).toBe("/open");
  await applyClient({ matches: [{ chain, when: {}, isBlocked: true }] });
  const plain = connect({ host: client.address, port: listenPort });
  plain.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await expect(once(plain, "close")).rejects.toThrow("ECONNRESET");
  expect(plain.bytesRead).toBe(0);
});
