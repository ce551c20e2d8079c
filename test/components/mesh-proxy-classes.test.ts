/** One upstream's traffic by classes: some on a chain's path, the rest straight. */
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Upstream, UpstreamMatch } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import type { TrafficMatch } from "../../core/model/traffic-match.ts";
import { clientHello } from "../builders/client-hello.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let middle: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.31");
  client = await mesh.pod("client-0", { serverNameTimeoutMs: 60 });
  middle = await mesh.pod("middle-0");
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

/** A function that passes everything on and notes what passed. */
async function watchingFunction() {
  const seen: string[] = [];
  const app = await tcpServer(middle.address, (socket) => {
    socket.on("data", (bytes: Buffer) => {
      seen.push(bytes.toString("latin1"));
      socket.write(bytes);
    });
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  return { port: app.port, seen, text: () => seen.join("") };
}

interface Classes {
  readonly appPort: number;
  readonly functionPort: number;
  readonly protocol: AppProtocol;
  readonly when: TrafficMatch;
  readonly others?: readonly UpstreamMatch[];
  readonly upstream?: Partial<Upstream>;
}

/** What `when` holds for goes through the function on `middle`; the rest straight. */
async function classify({ appPort, functionPort, protocol, when, others = [], ...more }: Classes): Promise<void> {
  const chain = "core/chain";
  const toServer = server.endpoint(appPort);
  await server.apply({});
  await middle.apply({
    hops: [
      {
        chain,
        spi: 7,
        serviceIndex: 1,
        next: [toServer],
        isSymmetric: false,
        protocol,
        function: {
          name: "watch",
          port: functionPort,
          hasProxyProtocol: false,
          failurePolicy: "Block",
          mode: "Forward",
        },
      },
    ],
  });
  const path = { chain, spi: 7, serviceIndex: 1, next: [middle.endpoint(functionPort)] };
  const matches = [...others, { chain, when, path }];
  await client.apply({
    upstreams: [upstream({ listenPort, protocol, endpoints: [toServer], matches, ...more.upstream })],
  });
}

async function httpServer(): Promise<number> {
  const app = createServer((incoming, response) => response.end(`${incoming.method} ${incoming.url}`));
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.closeAllConnections();
    app.close();
  });
  return (app.address() as { port: number }).port;
}

async function ask(path: string, headers: Record<string, string> = {}, agent?: Agent, method = "GET") {
  const outgoing = request({ host: client.address, port: listenPort, path, headers, agent: agent ?? false, method });
  outgoing.end(method === "PUT" ? "a body" : undefined);
  const [response] = await once(outgoing, "response");
  let body = "";
  for await (const piece of response) body += piece;
  return { status: response.statusCode as number, body };
}

test("requests of one keep-alive connection go through the chain or straight, each by what it is", async () => {
  const watch = await watchingFunction();
  const supis = [{ type: "Prefix", value: "imsi-20893" }] as const;
  await classify({
    appPort: await httpServer(),
    functionPort: watch.port,
    protocol: "http1",
    when: { http: { supis } },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  const paths = Array.from({ length: 12 }, (_, at) => `/nudm-sdm/v2/imsi-2089${3 + (at % 2)}${at}/am-data`);
  for (const path of paths) expect(await ask(path, {}, agent)).toEqual({ status: 200, body: `GET ${path}` });
  expect(await ask("/a", { "3gpp-Sbi-Discovery-supi": "imsi-208930000000003" }, agent)).toMatchObject({ status: 200 });
  const passed = [...watch.text().matchAll(/GET (\S+)/g)].map(([, path]) => path);
  expect(passed).toEqual([...paths.filter((path) => path.includes("imsi-20893")), "/a"]);
});

test("pipelined requests of different classes are answered in their order", async () => {
  const watch = await watchingFunction();
  const http = { paths: [{ type: "Prefix", value: "/in" }] } as const;
  await classify({ appPort: await httpServer(), functionPort: watch.port, protocol: "http1", when: { http } });
  const targets = Array.from({ length: 20 }, (_, at) => `/${at % 3 === 0 ? "in" : "out"}/${at}`);
  const socket = connect({ host: client.address, port: listenPort });
  socket.write(targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""));
  socket.write("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let answer = "";
  for await (const piece of socket) answer += piece;
  expect([...answer.matchAll(/GET (\S+)(?=HTTP|$)/g)].map(([, target]) => target)).toEqual([...targets, "/last"]);
  expect(watch.text().match(/GET \/in/g)).toHaveLength(7);
  expect(watch.text()).not.toContain("/out");
});

test("a chain without an instance stops its own requests only, and one that is bypassed sends them straight", async () => {
  const watch = await watchingFunction();
  const prefix = (value: string) => ({ http: { paths: [{ type: "Prefix", value }] } }) as const;
  const others = [
    { chain: "core/blocked", when: prefix("/blocked"), isBlocked: true },
    { chain: "core/bypassed", when: prefix("/in/bypassed") },
  ];
  await classify({
    appPort: await httpServer(),
    functionPort: watch.port,
    protocol: "http1",
    when: prefix("/in"),
    others,
  });
  const blocked = await ask("/blocked/1");
  expect(blocked.status).toBe(503);
  expect(blocked.body).toContain("core/blocked");
  expect((await ask("/in/bypassed")).status).toBe(200);
  expect((await ask("/out")).status).toBe(200);
  expect(watch.text()).toBe("");
  expect((await ask("/in/1")).status).toBe(200);
  expect(watch.text()).toContain("/in/1");
});

test("a request that goes again on another connection is classified by its own head", async () => {
  const watch = await watchingFunction();
  const app = await tcpServer(server.address, (socket) => {
    let requestCount = 0;
    // Closed on its second request, as if that had come a moment too late.
    socket.on("data", () => {
      if (requestCount++ === 0) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else socket.end();
    });
  });
  mesh.onStop(app.close);
  // What is taken for anything else would go through the chain.
  const others = [{ chain: "core/bypassed", when: { http: { methods: ["PUT"] } } }];
  await classify({
    appPort: app.port,
    functionPort: watch.port,
    protocol: "http1",
    when: { sources: ["0.0.0.0/0"] },
    others,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  for (const path of ["/1", "/2", "/3"]) expect((await ask(path, {}, agent, "PUT")).body).toBe("ok");
  expect(watch.text()).toBe("");
  expect((await ask("/4", {}, agent)).body).toBe("ok");
  expect(watch.text()).toContain("GET /4");
});

/** Everything that the server was sent, and it says hello first if it is told to. */
async function sink(hello = "") {
  const received: string[] = [];
  const app = await tcpServer(server.address, async (socket) => {
    const at = received.push("") - 1;
    if (hello !== "") socket.write(hello);
    for await (const piece of socket.iterator({ destroyOnReturn: false })) received[at] += piece.toString("latin1");
    socket.end();
  });
  mesh.onStop(app.close);
  return { port: app.port, received };
}

function dialClient(): Socket {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true, noDelay: true });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  return socket;
}

test("TLS connections are known by the name that they ask for, also when it comes in pieces", async () => {
  const watch = await watchingFunction();
  const app = await sink();
  await classify({ appPort: app.port, functionPort: watch.port, protocol: "tcp", when: { serverNames: ["*.core"] } });
  const say = async (pieces: readonly Buffer[]) => {
    const socket = dialClient();
    for (const piece of pieces) await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
    socket.end("tail");
    await once(socket.resume(), "end");
  };
  const whole = clientHello({ serverName: "udm.core", before: [[10, 40]] });
  await say([whole]);
  await say(Array.from({ length: 20 }, (_, at) => whole.subarray(at * 10, at === 19 ? whole.length : at * 10 + 10)));
  await say([clientHello({ serverName: "udm.other" })]);
  await say([Buffer.from("no TLS at all")]);
  expect(watch.text()).toBe(`${whole.toString("latin1")}tail${whole.toString("latin1")}tail`);
  expect(app.received.map((text) => text.length)).toEqual([whole.length + 4, whole.length + 4, clientHello({ serverName: "udm.other" }).length + 4, 17]); // biome-ignore format: a list
});

test("a real TLS client is understood", async () => {
  const watch = await watchingFunction();
  const app = await sink();
  await classify({ appPort: app.port, functionPort: watch.port, protocol: "tcp", when: { serverNames: ["udm.core"] } });
  const socket = connectTls({
    host: client.address,
    port: listenPort,
    servername: "udm.core",
    rejectUnauthorized: false,
  });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  await expect.poll(() => watch.text().length).toBeGreaterThan(100);
  await expect.poll(() => app.received[0]).toBe(watch.text());
});

test("where a server name is waited for, a server that speaks first is heard, and a client that says nothing gets through", async () => {
  const watch = await watchingFunction();
  const app = await sink("220 ready\r\n");
  await classify({ appPort: app.port, functionPort: watch.port, protocol: "tcp", when: { serverNames: ["*.core"] } });
  const socket = dialClient();
  const [hello] = await once(socket, "data");
  expect(String(hello)).toBe("220 ready\r\n");
  socket.end("QUIT");
  await once(socket.resume(), "end");
  const silent = dialClient();
  silent.end();
  await once(silent.resume(), "end");
  expect(app.received).toEqual(["QUIT", ""]);
  expect(watch.text()).toBe("");
  expect(await sumOf(client.proxy, "weft_proxy_unnamed_connections_total")).toBe(1);
});

test("a client's block decides over whole connections, of TCP as of HTTP", async () => {
  const watch = await watchingFunction();
  const app = await sink();
  const through = async (sources: readonly string[]) => {
    await classify({ appPort: app.port, functionPort: watch.port, protocol: "tcp", when: { sources } });
    const socket = dialClient();
    socket.end("x");
    await once(socket.resume(), "end");
    return watch.seen.length;
  };
  expect(await through(["10.0.0.0/8"])).toBe(0);
  expect(await through(["10.0.0.0/8", `${client.address}/32`])).toBe(1);
});
