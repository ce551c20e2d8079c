/** Policies at the destination's proxy: who may connect, and ask for what. */
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AccessRule, LocalFunction, Upstream } from "../../core/model/mesh-snapshot.ts";
import { type Authority, createAuthority, createCertificateDirectory } from "../tools/workload-certificates.ts";
import { clock, createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let authority: Authority;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.62");
  authority = await createAuthority();
  server = await securedPod("server");
});
afterEach(() => mesh.stop());

const idOf = (name: string) => `spiffe://cluster.local/ns/core/sa/${name}`;

async function securedPod(name: string): Promise<TestPod> {
  const directory = createCertificateDirectory();
  mesh.onStop(() => directory.remove());
  directory.write({ ...(await authority.issue([idOf(name)])), bundle: authority.bundle });
  return mesh.pod(name, { ...directory.config, takenTimeoutMs: 2000 }, clock, { identity: idOf(name) });
}

function rule(fields: Partial<AccessRule>): AccessRule {
  return { policy: "core/p", name: "r", action: "Allow", from: [], to: [], ...fields };
}

async function echo(): Promise<number> {
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  return app.port;
}

async function httpApp(): Promise<number> {
  const app = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end(`${request.method} ${request.url}`));
  });
  await new Promise<void>((resolve) => app.listen(0, server.address, resolve));
  mesh.onStop(() => {
    app.close();
    app.closeAllConnections();
  });
  return (app.address() as AddressInfo).port;
}

async function route(client: TestPod, port: number, protocol: Upstream["protocol"]): Promise<void> {
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(port)] })] });
}

function dialUpstream(client: TestPod): Socket {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  return socket;
}

async function tcpAnswer(client: TestPod, text: string): Promise<string> {
  const socket = dialUpstream(client);
  socket.end(text);
  const pieces: Buffer[] = [];
  try {
    for await (const piece of socket) pieces.push(piece as Buffer);
  } catch {
    return "reset";
  }
  return Buffer.concat(pieces).toString();
}

/** Everything that comes back until as many responses are there, or the end. */
async function httpAnswers(client: TestPod, requests: string, count: number): Promise<string> {
  const socket = dialUpstream(client);
  socket.write(requests);
  let text = "";
  for await (const piece of socket) {
    text += String(piece);
    const statuses = text.match(/HTTP\/1.1 \d{3}/g) ?? [];
    if (statuses.length >= count && !text.endsWith("\r\n\r\n")) break;
  }
  return text;
}

const statuses = (text: string) => Array.from(text.matchAll(/HTTP\/1.1 (\d{3})/g), ([, code]) => code);
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: svc\r\n\r\n`;
const counted = (labels: Record<string, string>) => sumOf(server.proxy, "weft_proxy_authorization_total", labels);

const amf = idOf("amf");
const matrix = [
  { name: "no rule", rules: [], tls: true, plain: true },
  { name: "an allowance for it", rules: [rule({ from: [{ identities: [amf] }] })], tls: true, plain: false },
  {
    name: "an allowance for its namespace",
    rules: [rule({ from: [{ namespaces: ["core"] }] })],
    tls: true,
    plain: false,
  },
  {
    name: "an allowance for another",
    rules: [rule({ from: [{ identities: [idOf("smf")] }] })],
    tls: false,
    plain: false,
  },
  { name: "an allowance for anybody", rules: [rule({})], tls: true, plain: true },
  { name: "a denial", rules: [rule({ action: "Deny", from: [{ identities: [amf] }] })], tls: false, plain: true },
  {
    name: "a denial beside an allowance",
    rules: [rule({}), rule({ action: "Deny", from: [{ namespaces: ["core"] }] })],
    tls: false,
    plain: true,
  },
  { name: "an audit", rules: [rule({ action: "Audit" })], tls: true, plain: true },
] as const;

test.each(matrix)("on TCP $name decides: TLS $tls, plaintext $plain", async ({ rules, tls, plain }) => {
  const port = await echo();
  const [secured, unsecured] = [await securedPod("amf"), await mesh.pod("plain")];
  await server.apply({ access: { rules, http1Ports: [] } });
  for (const [client, isTaken] of [
    [secured, tls],
    [unsecured, plain],
  ] as const) {
    await route(client, port, "tcp");
    expect(await tcpAnswer(client, "hello")).toBe(isTaken ? "hello" : "reset");
  }
  const refused = Number(!tls) + Number(!plain);
  expect(await sumOf(server.proxy, "weft_proxy_refused_connections_total", { reason: "access_denied" })).toBe(refused);
  expect(await counted({ action: "Deny" })).toBe(refused);
});

test.each(matrix)("on HTTP/1.1 $name decides: TLS $tls, plaintext $plain", async ({ rules, tls, plain }) => {
  const port = await httpApp();
  const [secured, unsecured] = [await securedPod("amf"), await mesh.pod("plain")];
  await server.apply({ access: { rules, http1Ports: [port] } });
  for (const [client, isTaken] of [
    [secured, tls],
    [unsecured, plain],
  ] as const) {
    await route(client, port, "http1");
    expect(statuses(await httpAnswers(client, get("/x"), 1))).toEqual([isTaken ? "200" : "403"]);
  }
});

test("what is refused on HTTP/1.1 is answered 403 in its turn, and the connection goes on", async () => {
  const port = await httpApp();
  const client = await securedPod("amf");
  const deny = rule({ action: "Deny", name: "no-admin", to: [{ paths: ["/admin*"] }, { methods: ["POST", "HEAD"] }] });
  await server.apply({ access: { rules: [deny], http1Ports: [port] } });
  await route(client, port, "http1");
  const post = `POST /a HTTP/1.1\r\nhost: svc\r\ncontent-length: 9\r\n\r\nGET /evil`;
  const chunked = `POST /b HTTP/1.1\r\nhost: svc\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
  const head = `HEAD /c HTTP/1.1\r\nhost: svc\r\n\r\n`;
  const requests = [get("/1"), get("/admin/x"), get("/2"), post, chunked, head, get("/%61dmin"), get("/3")].join("");
  const text = await httpAnswers(client, requests, 8);
  expect(statuses(text)).toEqual(["200", "403", "200", "403", "403", "403", "403", "200"]);
  expect(text.match(/weft-refused: denied/g)).toHaveLength(5);
  for (const path of ["GET /1", "GET /2", "GET /3"]) expect(text).toContain(path);
  expect(text).not.toContain("evil");
  expect(await counted({ policy: "core/p", rule: "no-admin", action: "Deny" })).toBe(5);
  expect(
    await sumOf(server.proxy, "istio_requests_total", {
      response_code: "403",
      connection_security_policy: "mutual_tls",
    }),
  ).toBe(5);
  expect(await sumOf(server.proxy, "istio_requests_total", { response_code: "200" })).toBe(3);
});

test("a client that waits for leave to send a refused body is told that the connection ends", async () => {
  const port = await httpApp();
  const client = await securedPod("amf");
  await server.apply({ access: { rules: [rule({ action: "Deny" })], http1Ports: [port] } });
  await route(client, port, "http1");
  const text = await httpAnswers(
    client,
    "PUT / HTTP/1.1\r\nhost: svc\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n",
    2,
  );
  expect(statuses(text)).toEqual(["403"]);
  expect(text).toContain("connection: close");
});

test("a policy that changes holds for the next request of a connection that is open", async () => {
  const port = await httpApp();
  const client = await securedPod("amf");
  await server.apply({ access: { rules: [rule({})], http1Ports: [port] } });
  await route(client, port, "http1");
  const socket = dialUpstream(client);
  const answers = socket[Symbol.asyncIterator]();
  socket.write(get("/1"));
  expect(String((await answers.next()).value)).toContain("200");
  await server.apply({ access: { rules: [rule({ action: "Deny" })], http1Ports: [port] } });
  socket.write(get("/2"));
  expect(String((await answers.next()).value)).toContain("403");
});

test("on ports that are not known for HTTP/1.1, rules about requests deny whole connections and allow none", async () => {
  const port = await httpApp();
  const client = await securedPod("amf");
  await route(client, port, "tcp");
  const to = [{ paths: ["/admin"] }];
  for (const [action, isTaken] of [
    ["Allow", false],
    ["Deny", false],
    ["Audit", true],
  ] as const) {
    await server.apply({ access: { rules: [rule({ action, to })], http1Ports: [] } });
    const text = await httpAnswers(client, get("/admin"), 1).catch(() => "");
    expect(statuses(text)).toEqual(isTaken ? ["200"] : []);
  }
});

/** client -> fn -> server, over TLS all along. */
async function chainThrough(protocol: Upstream["protocol"], appPort: number, rules: readonly AccessRule[]) {
  const [client, fn] = [await securedPod("client"), await securedPod("fn")];
  const middlebox = await tcpServer(fn.address, (socket) => socket.pipe(socket));
  mesh.onStop(middlebox.close);
  const chain = { chain: "core/chain", spi: 7, protocol, isSymmetric: false };
  const local = { name: "fn", port: middlebox.port, hasProxyProtocol: false, failurePolicy: "Block", mode: "Forward" };
  const strict = { mode: "Strict", ports: [] } as const;
  await server.apply({
    arrivals: [{ chain: "core/chain", spi: 7 }],
    access: { mtls: strict, rules, http1Ports: protocol === "http1" ? [appPort] : [] },
  });
  await fn.apply({
    hops: [{ ...chain, serviceIndex: 1, function: local as LocalFunction, next: [server.endpoint(appPort)] }],
    access: { mtls: strict, rules: [rule({ from: [{ identities: [idOf("client")] }] })], http1Ports: [] },
  });
  const path = { chain: "core/chain", spi: 7, serviceIndex: 1, next: [fn.endpoint(middlebox.port)] };
  const endpoints = [server.endpoint(appPort)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints, path })] });
  return client;
}

test.each([
  { by: "fn", isTaken: true },
  { by: "client", isTaken: false },
])("along a chain each proxy judges the one before it: $by at the destination, on TCP", async ({ by, isTaken }) => {
  const client = await chainThrough("tcp", await echo(), [rule({ from: [{ identities: [idOf(by)] }] })]);
  expect(await tcpAnswer(client, "hello")).toBe(isTaken ? "hello" : "reset");
  const labels = { connection_security_policy: "mutual_tls", weft_hop: "0" };
  expect(await sumOf(server.proxy, "istio_tcp_received_bytes_total", labels)).toBe(isTaken ? 5 : 0);
});

test("along a chain that is steered by request, each request is judged", async () => {
  const rules = [rule({ from: [{ identities: [idOf("fn")] }], to: [{ paths: ["/open*"] }] })];
  const client = await chainThrough("http1", await httpApp(), rules);
  const text = await httpAnswers(client, get("/open/1") + get("/shut") + get("/open/2"), 3);
  expect(statuses(text)).toEqual(["200", "403", "200"]);
});
