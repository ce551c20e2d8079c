/** Functions that end the flows they are given, and open connections of their own for what goes on. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ForwardingHop, type PathProof, proxyOnwardPort } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import { encodeProxyHeader, readProxyHeader, type SocketEndpoint } from "../../mesh-proxy/codec/proxy-protocol.ts";
import type { SteeringTlvs } from "../../mesh-proxy/codec/steering-tlvs.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let nat: TestPod;
let video: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.44");
  client = await mesh.pod("client-0");
  nat = await mesh.pod("nat-0");
  video = await mesh.pod("video-0");
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

/** Where the function goes on from. */
type Onward = (tlvs: SteeringTlvs) => ServicePathHeader | undefined;

const countedDown: Onward = ({ servicePath }) =>
  servicePath && { ...servicePath, serviceIndex: servicePath.serviceIndex - 1 };

function dialOnward(
  servicePath: ServicePathHeader | undefined,
  source: SocketEndpoint,
  proof?: SteeringTlvs["proof"],
): Socket {
  const socket = connect({ host: nat.address, port: proxyOnwardPort, allowHalfOpen: true });
  mesh.onStop(() => socket.destroy());
  const tlvs = { ...(servicePath && { servicePath }), ...(proof && { proof }) };
  socket.write(encodeProxyHeader({ source, destination: source, tlvs }));
  return socket;
}

/** A function that ends each connection and opens another one, as a client with an address of the function's choice. */
async function terminatingFunction(
  onward: Onward = countedDown,
  keepsClient = false,
): Promise<{ port: number; seen: SteeringTlvs[] }> {
  const seen: SteeringTlvs[] = [];
  const app = await tcpServer(nat.address, async (socket) => {
    const [first] = (await once(socket, "data")) as [Buffer];
    const header = readProxyHeader(first, 0, first.length);
    if (header.kind !== "header") throw new Error("no PROXY header");
    seen.push(header.tlvs);
    const { source = { address: "10.99.0.1", port: 0 }, tlvs } = header;
    const next = dialOnward(onward(tlvs), keepsClient ? source : { ...source, address: "10.99.0.1" }, tlvs.proof);
    next.on("error", () => socket.resetAndDestroy());
    next.write(first.subarray(header.bytesUsed));
    socket.pipe(next).pipe(socket);
  });
  mesh.onStop(app.close);
  return { port: app.port, seen };
}

/** client -> nat -> server; nat may send flows on to video -> server. */
async function applyChain(
  port: number,
  protocol: AppProtocol = "tcp",
  changes: Partial<ForwardingHop> = {},
  proof?: PathProof,
) {
  const heard: string[] = [];
  const app = await tcpServer(server.address, (socket) => {
    socket.on("data", (bytes: Buffer) => heard.push(bytes.toString("latin1")));
    if (protocol === "tcp") socket.pipe(socket);
    else socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  });
  const passing = await tcpServer(video.address, (socket) => {
    socket.once("data", () => socket.write("tagged "));
    socket.pipe(socket);
  });
  mesh.onStop(app.close);
  mesh.onStop(passing.close);
  const next = [server.endpoint(app.port)];
  const common = { serviceIndex: 1, isSymmetric: false, protocol, next } as const;
  const plain = {
    name: "video",
    port: passing.port,
    hasProxyProtocol: false,
    failurePolicy: "Block",
    mode: "Forward",
  } as const;
  const own = { ...plain, name: "nat", port, hasProxyProtocol: true, mode: "Terminate" } as const;
  await server.apply({ arrivals: [{ chain: "n6", spi: 7, ...(proof && { proof }) }] });
  await video.apply({ hops: [{ ...common, chain: "video", spi: 8, function: plain }] });
  await nat.apply({ hops: [{ ...common, chain: "n6", spi: 7, function: own, ...changes }] });
  const isProved = proof !== undefined;
  const entry = { chain: "n6", spi: 7, serviceIndex: 1, next: [nat.endpoint(port)], isProved };
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: next, path: entry })] });
  return { heard, own };
}

async function exchange(bytes: string | Buffer): Promise<Buffer> {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  mesh.onStop(() => socket.destroy());
  socket.end(bytes);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece);
  return Buffer.concat(pieces);
}

const hop = (received: string) => ({ reporter: "destination", weft_spi: "7", weft_hop: received });

test("what the function opens goes on along the path, whole, and is counted there", async () => {
  const { port, seen } = await terminatingFunction();
  await applyChain(port);
  const bytes = Buffer.alloc(4_000_001);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Math.imul(at, 2_654_435_761) >>> 24;
  expect((await exchange(bytes)).equals(bytes)).toBe(true);
  expect(seen).toEqual([{ servicePath: { spi: 7, serviceIndex: 1, ttl: 63 }, direction: "request" }]);
  expect(await sumOf(nat.proxy, "istio_tcp_received_bytes_total", hop("1"))).toBe(bytes.length);
  expect(await sumOf(server.proxy, "istio_tcp_received_bytes_total", hop("0"))).toBe(bytes.length);
});

test("requests of HTTP/1.1 that it opens carry the path on, which neither it nor the application sees", async () => {
  const { port } = await terminatingFunction();
  const { heard } = await applyChain(port, "http1");
  const answer = (await exchange("GET / HTTP/1.1\r\nHost: dn\r\nConnection: close\r\n\r\n")).toString();
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*ok$/);
  expect(heard.join("")).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: dn/);
  expect(heard.join("")).not.toContain("weft-nsh");
  expect(await sumOf(server.proxy, "istio_requests_total", hop("0"))).toBe(1);
});

test("a proof of transit is handed on with what it opens, signed for the function", async () => {
  const key = "4".repeat(64);
  const { port } = await terminatingFunction(countedDown, true);
  await applyChain(port, "tcp", { proofKey: key }, { mode: "Refuse", keys: [{ serviceIndex: 1, key }] });
  expect((await exchange("a cat")).toString()).toBe("a cat");
  expect(await sumOf(server.proxy, "weft_hop_proofs_total", { verdict: "proved" })).toBe(1);
  // Of another client it is none.
  const changing = await terminatingFunction();
  await applyChain(changing.port, "tcp", { proofKey: key }, { mode: "Refuse", keys: [{ serviceIndex: 1, key }] });
  await expect(exchange("a cat")).rejects.toThrow("ECONNRESET");
});

test("it may go on along a branch that it is offered", async () => {
  const { port } = await terminatingFunction(({ offers = [] }) => offers[0]?.servicePath);
  const { own } = await applyChain(port);
  const path = { chain: "video", spi: 8, serviceIndex: 1, next: [video.endpoint(1)] };
  await applyChain(port, "tcp", { function: { ...own, isReclassifying: true }, branches: [{ chain: "video", path }] });
  expect((await exchange("a cat")).toString()).toBe("tagged a cat");
});

test("a function that is not there blocks the flow or is gone around, as it declares", async () => {
  const { own } = await applyChain(9);
  await expect(exchange("a cat")).rejects.toThrow("ECONNRESET");
  await applyChain(9, "tcp", { function: { ...own, failurePolicy: "Bypass" } });
  expect((await exchange("a cat")).toString()).toBe("a cat");
});

test("from nowhere on a path, or with a TTL that is used up, nothing goes on", async () => {
  const { port } = await terminatingFunction();
  await applyChain(port);
  const source = { address: nat.address, port: 1 };
  const refused = async (servicePath: ServicePathHeader | undefined) => {
    const socket = dialOnward(servicePath, source);
    const [error] = (await once(socket.resume(), "error")) as [NodeJS.ErrnoException];
    return error.code;
  };
  expect(await refused(undefined)).toBe("ECONNRESET");
  expect(await refused({ spi: 7, serviceIndex: 1, ttl: 62 })).toBe("ECONNRESET");
  expect(await refused({ spi: 8, serviceIndex: 1, ttl: 62 })).toBe("ECONNRESET");
  expect(await sumOf(nat.proxy, "weft_proxy_refused_connections_total", { reason: "function_misroutes" })).toBe(3);
  expect(await refused({ spi: 7, serviceIndex: 0, ttl: 1 })).toBe("ECONNRESET");
  expect(await sumOf(nat.proxy, "weft_proxy_refused_connections_total", { reason: "ttl_expired" })).toBe(1);
});

test("the port is open only while there is such a function, and no peer reaches it through the mesh port", async () => {
  const { port } = await terminatingFunction();
  await applyChain(port);
  const { host, port: meshPort } = nat.proxy.addresses.mesh;
  const through = connect({ host, port: meshPort, localAddress: client.address });
  const place = { address: nat.address, port: proxyOnwardPort };
  through.write(encodeProxyHeader({ source: place, destination: place }));
  through.on("error", () => {});
  await new Promise((resolve) => through.resume().on("close", resolve));
  expect(await sumOf(nat.proxy, "weft_proxy_refused_connections_total", { reason: "forbidden_port" })).toBe(1);
  await nat.apply({});
  const socket = connect({ host: nat.address, port: proxyOnwardPort });
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNREFUSED");
});

test("flows end with both of their halves", async () => {
  const { port } = await terminatingFunction();
  await applyChain(port);
  expect((await exchange("a cat")).toString()).toBe("a cat");
  await waitUntil(async () => (await sumOf(nat.proxy, "weft_proxy_connections")) === 0, {
    what: "the flow is over",
    timeoutMs: 5000,
  });
});
