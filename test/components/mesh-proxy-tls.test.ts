/** TLS between proxies: who speaks it, who is believed, and that connections survive new certificates. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MtlsMode } from "../../core/model/mesh-snapshot.ts";
import { encodeProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { waitUntil } from "../tools/wait-until.ts";
import {
  type Authority,
  type CertificateDirectory,
  createAuthority,
  createCertificateDirectory,
} from "../tools/workload-certificates.ts";
import { clock, createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let authority: Authority;

beforeEach(async () => {
  mesh = createTestMesh("127.78.60");
  authority = await createAuthority();
});
afterEach(() => mesh.stop());

interface SecuredPod extends TestPod {
  readonly directory: CertificateDirectory;
}

const idOf = (name: string) => `spiffe://cluster.local/ns/core/sa/${name}`;

interface PodOptions {
  readonly config?: Partial<ProxyConfigInput>;
  /** Whom its certificate names. */
  readonly names?: readonly string[];
  /** Who its peers think it is. */
  readonly identity?: string;
  readonly by?: Authority;
}

async function securedPod(name: string, options: PodOptions = {}): Promise<SecuredPod> {
  const { config = {}, names = [idOf(name)], identity = idOf(name), by = authority } = options;
  const directory = createCertificateDirectory();
  mesh.onStop(() => directory.remove());
  directory.write({ ...(await by.issue(names)), bundle: authority.bundle });
  const all = { ...directory.config, certificatePollMs: 20, takenTimeoutMs: 2000, ...config };
  return { ...(await mesh.pod(name, all, clock, { identity })), directory };
}

async function echo(pod: TestPod): Promise<number> {
  const app = await tcpServer(pod.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  return app.port;
}

async function route(client: TestPod, server: TestPod, port: number, mode?: MtlsMode): Promise<void> {
  await server.apply(mode === undefined ? {} : { access: { mtls: { mode, ports: [] }, rules: [], http1Ports: [] } });
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(port)] })] });
}

function dialUpstream(client: TestPod): Socket {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  return socket;
}

/** In order or not. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Sends, ends, and reads until the other side ends. */
async function exchange(client: TestPod, bytes: Buffer): Promise<Buffer> {
  const socket = dialUpstream(client);
  socket.end(bytes);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

const refusedBy = (pod: TestPod, reason: string) =>
  sumOf(pod.proxy, "weft_proxy_refused_connections_total", { reason });
const handshakes = (pod: TestPod, result: string) =>
  sumOf(pod.proxy, "weft_proxy_tls_handshakes_total", { result, side: "dialled" });
const received = (pod: TestPod, policy: string) =>
  sumOf(pod.proxy, "istio_tcp_received_bytes_total", { connection_security_policy: policy });

test.each([1, 70_000, 8_000_001])(
  "%d bytes go both ways under TLS, half-closed, and count as the application's",
  async (byteCount) => {
    const client = await securedPod("client");
    const server = await securedPod("server");
    await route(client, server, await echo(server), "Strict");
    const bytes = Buffer.alloc(byteCount, "weft-");
    const answer = await exchange(client, bytes);
    expect(createHash("sha256").update(answer).digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(await received(server, "mutual_tls")).toBe(byteCount);
    expect(await received(client, "mutual_tls")).toBe(byteCount);
    expect(await received(server, "none")).toBe(0);
  },
);

test.each([
  { mode: undefined, isTaken: true },
  { mode: "Permissive", isTaken: true },
  { mode: "Strict", isTaken: false },
  { mode: "Off", isTaken: true },
] as const)("plaintext to a port in mode $mode is taken: $isTaken", async ({ mode, isTaken }) => {
  const client = await mesh.pod("client");
  const server = await securedPod("server");
  await route(client, server, await echo(server), mode);
  const answer = await exchange(client, Buffer.from("hello")).catch(() => Buffer.alloc(0));
  expect(answer.toString()).toBe(isTaken ? "hello" : "");
  expect(await refusedBy(server, "tls_required")).toBe(isTaken ? 0 : 1);
  expect(await received(server, "none")).toBe(isTaken ? 5 : 0);
});

test("TLS to a port in mode Off is refused, and is not tried where peers know of the mode", async () => {
  const client = await securedPod("client");
  const server = await securedPod("server");
  const port = await echo(server);
  await route(client, server, port, "Off");
  await exchange(client, Buffer.from("hello")).catch(() => {});
  expect(await refusedBy(server, "tls_unwanted")).toBe(1);
  Object.assign(server.peer, { plainPorts: [port] });
  const again = await securedPod("again");
  await route(again, server, port, "Off");
  expect((await exchange(again, Buffer.from("hello"))).toString()).toBe("hello");
  expect(await received(again, "none")).toBe(5);
});

test("a port's mode goes before the pod's", async () => {
  const client = await mesh.pod("client");
  const server = await securedPod("server");
  const [open, shut] = [await echo(server), await echo(server)];
  const mtls = { mode: "Strict", ports: [{ port: open, mode: "Permissive" }] } as const;
  for (const [port, answer] of [
    [open, "hello"],
    [shut, ""],
  ] as const) {
    await server.apply({ access: { mtls, rules: [], http1Ports: [] } });
    await client.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(port)] })] });
    expect((await exchange(client, Buffer.from("hello")).catch(() => "")).toString()).toBe(answer);
  }
});

test("a server that is not who its peers know it for gets nothing of the flow", async () => {
  const client = await securedPod("client");
  const server = await securedPod("server", { names: [idOf("thief")] });
  await route(client, server, await echo(server));
  const answer = await exchange(client, Buffer.from("secret")).catch(() => Buffer.alloc(0));
  expect(answer.length).toBe(0);
  expect(await handshakes(client, "failed")).toBeGreaterThan(0);
  expect(await received(server, "mutual_tls")).toBe(0);
});

test.each([
  { name: "another pod", id: idOf("thief") },
  { name: "another trust domain", id: "spiffe://other/ns/core/sa/client" },
])("a client whose certificate is of $name is refused", async ({ id }) => {
  const client = await securedPod("client");
  const server = await securedPod("server");
  await server.apply({});
  const { certificate: cert, key } = await authority.issue([id]);
  expect(await handshakeAs(client, server, { cert, key })).not.toBe("taken");
  expect(await refusedBy(server, "tls_identity")).toBe(1);
});

test("a client whose certificate nobody trusted has signed is refused", async () => {
  const client = await securedPod("client", { by: await createAuthority("stranger") });
  const server = await securedPod("server");
  await route(client, server, await echo(server));
  await exchange(client, Buffer.from("hello")).catch(() => {});
  expect(await refusedBy(server, "tls_failed")).toBe(1);
});

/** A peer's own TLS client, at a pod's mesh port. */
async function handshakeAs(from: TestPod, server: TestPod, options: object): Promise<string> {
  const socket = connectTls({
    host: server.address,
    port: server.proxy.addresses.mesh.port,
    localAddress: from.address,
    rejectUnauthorized: false,
    ALPNProtocols: ["weft"],
    ...options,
  } as ConnectionOptions);
  const header = encodeProxyHeader({
    source: { address: "10.0.0.9", port: 1 },
    destination: { address: server.address, port: 1 },
    tlvs: { wantsNotices: true },
  });
  socket.on("secureConnect", () => socket.write(header));
  const result = await Promise.race([
    once(socket, "data").then(() => "taken"),
    once(socket, "close").then(() => "closed"),
    once(socket, "error").then(() => "failed"),
  ]).catch(() => "failed");
  socket.on("error", () => {});
  socket.destroy();
  return result;
}

test("only TLS 1.3 with a certificate that is valid now is taken", async () => {
  const client = await mesh.pod("client");
  const server = await securedPod("server");
  await server.apply({});
  const { certificate: cert, key } = await authority.issue([idOf("client")]);
  const expired = await authority.issue([idOf("client")], -1000);
  expect(await handshakeAs(client, server, { cert, key })).toBe("taken");
  expect(await refusedBy(server, "tls_failed")).toBe(0);
  for (const options of [
    {},
    { cert: expired.certificate, key: expired.key },
    { cert, key, maxVersion: "TLSv1.2" },
    { cert, key, ALPNProtocols: ["h2"] },
    { cert, key, ALPNProtocols: undefined },
  ])
    expect(await handshakeAs(client, server, options)).not.toBe("taken");
  await waitUntil(async () => (await refusedBy(server, "tls_failed")) === 5, {
    what: "five refusals",
    timeoutMs: 20_000,
  });
});

test.each([
  { name: "says nothing behind its first bytes", hello: Buffer.from("16030100", "hex") },
  { name: "sends what is no TLS", hello: Buffer.alloc(100, 0x16) },
])("a peer that $name is let go", async ({ hello }) => {
  const client = await mesh.pod("client");
  const server = await securedPod("server", { config: { prefaceTimeoutMs: 200 } });
  await server.apply({});
  const { host, port } = server.proxy.addresses.mesh;
  const socket = connect({ host, port, localAddress: client.address });
  socket.on("error", () => {});
  socket.resume();
  socket.write(hello);
  await once(socket, "close");
  expect(await refusedBy(server, "tls_failed")).toBe(1);
  expect(await sumOf(server.proxy, "weft_proxy_connections")).toBe(0);
});

test("the second connection to a pod resumes the session of the first", async () => {
  const client = await securedPod("client");
  const server = await securedPod("server");
  await route(client, server, await echo(server));
  for (let i = 0; i < 4; i++) expect((await exchange(client, Buffer.from("hello"))).toString()).toBe("hello");
  expect(await handshakes(client, "full")).toBe(1);
  expect(await handshakes(client, "resumed")).toBe(3);
  expect(await sumOf(server.proxy, "weft_proxy_tls_handshakes_total", { side: "accepted", result: "resumed" })).toBe(3);
});

test("under load, certificates and their authority are replaced, and no connection is dropped", async () => {
  const client = await securedPod("client");
  const server = await securedPod("server");
  await route(client, server, await echo(server), "Strict");
  const lasting = dialUpstream(client);
  const echoed = lasting[Symbol.asyncIterator]();
  lasting.write("before");
  expect(String((await echoed.next()).value)).toBe("before");

  let isOver = false;
  let count = 0;
  const failures: string[] = [];
  const load = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const text = `request ${count++}`;
      const answer = await exchange(client, Buffer.from(text)).catch((error: Error) => error.message);
      if (answer.toString() !== text) failures.push(answer.toString());
    }
  });
  const reloads = (pod: TestPod) => sumOf(pod.proxy, "weft_proxy_certificate_reloads_total", { verdict: "accepted" });
  const pods = [client, server];
  const next = await createAuthority("next");
  // The new authority is trusted everywhere before it signs, and the old one until it signs nothing any more.
  const stages = [
    { signer: authority, bundle: authority.bundle + next.bundle },
    { signer: next, bundle: authority.bundle + next.bundle },
    { signer: next, bundle: next.bundle },
  ];
  for (const [stage, { signer, bundle }] of stages.entries()) {
    for (const pod of pods) pod.directory.write({ ...(await signer.issue([idOf(pod.name)])), bundle });
    for (const pod of pods)
      await waitUntil(async () => (await reloads(pod)) >= stage + 1, { what: "a reload", timeoutMs: 20_000 });
    const before = count;
    await waitUntil(() => count > before + 20, { what: "load under the new certificates", timeoutMs: 20_000 });
  }
  isOver = true;
  await Promise.all(load);
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(60);
  expect(await handshakes(client, "failed")).toBe(0);
  lasting.write("after");
  expect(String((await echoed.next()).value)).toBe("after");
});

test("certificates that cannot be used change nothing, and are counted", async () => {
  const client = await securedPod("client");
  const server = await securedPod("server");
  await route(client, server, await echo(server), "Strict");
  const expiry = await sumOf(server.proxy, "weft_proxy_certificate_expiry_seconds");
  expect(expiry).toBeGreaterThan(Date.now() / 1000);
  const { certificate } = await authority.issue([idOf("server")]);
  const { key } = await authority.issue([idOf("server")]);
  server.directory.write({ certificate, key, bundle: authority.bundle });
  await waitUntil(
    async () => (await sumOf(server.proxy, "weft_proxy_certificate_reloads_total", { verdict: "rejected" })) >= 1,
    { what: "a rejection", timeoutMs: 20_000 },
  );
  expect(await sumOf(server.proxy, "weft_proxy_certificate_expiry_seconds")).toBe(expiry);
  expect((await exchange(client, Buffer.from("hello"))).toString()).toBe("hello");
});

test("a client that resets resets its server, and the other way round", async () => {
  const client = await securedPod("client");
  const server = await securedPod("server");
  const accepted: Socket[] = [];
  const app = await tcpServer(server.address, (socket) => {
    accepted.push(socket);
    socket.write("ready");
  });
  mesh.onStop(app.close);
  await route(client, server, app.port, "Strict");
  const first = dialUpstream(client);
  await once(first, "data");
  const firstError = once(accepted[0] as Socket, "error");
  first.resetAndDestroy();
  expect((await firstError)[0]).toMatchObject({ code: "ECONNRESET" });
  const second = dialUpstream(client);
  second.removeAllListeners("error");
  await once(second, "data");
  const secondError = once(second, "error");
  accepted[1]?.resetAndDestroy();
  expect((await secondError)[0]).toMatchObject({ code: "ECONNRESET" });
});

test("a Service's limits count connections under TLS, and forget those that end or never came about", async () => {
  const client = await securedPod("client");
  const server = await securedPod("server", { identity: idOf("server") });
  const impostor = await securedPod("impostor", { identity: idOf("somebody-else") });
  const port = await echo(server);
  for (const pod of [server, impostor]) await pod.apply({});
  const traffic = { circuitBreaker: { maxConnections: 2 } };
  const openCount = () => sumOf(client.proxy, "weft_proxy_service_connections");
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [impostor.endpoint(port)], traffic })] });
  for (let time = 0; time < 3; time++) await closed(dialUpstream(client));
  await expect.poll(openCount).toBe(0);
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(port)], traffic })] });
  const sockets = [dialUpstream(client), dialUpstream(client)];
  for (const socket of sockets) {
    socket.write("x");
    await once(socket, "data");
  }
  expect(await openCount()).toBe(2);
  await closed(dialUpstream(client));
  expect(await sumOf(client.proxy, "weft_proxy_limited_total", { reason: "max_connections" })).toBe(1);
  for (const socket of sockets) socket.end();
  await expect.poll(openCount).toBe(0);
});
