import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ForwardingHop, LocalFunction } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import { encodeProxyHeader, readProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let first: TestPod;
let second: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.3");
  client = await mesh.pod("client-0");
  first = await mesh.pod("first-0");
  second = await mesh.pod("second-0");
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

interface SeenConnection {
  readonly direction: string | undefined;
  readonly source: string;
  text: string;
}

/** A function that appends its tag to whatever it is given, and notes what it saw. */
async function taggingFunction(pod: TestPod, tag: string, hasProxyProtocol = true) {
  const seen: SeenConnection[] = [];
  const app = await tcpServer(pod.address, async (socket) => {
    let bytes = Buffer.alloc(0);
    for await (const piece of socket.iterator({ destroyOnReturn: false })) bytes = Buffer.concat([bytes, piece]);
    const header = readProxyHeader(bytes, 0, bytes.length);
    const isHeader = hasProxyProtocol && header.kind === "header";
    const text = bytes.subarray(isHeader ? header.bytesUsed : 0).toString();
    seen.push({
      direction: isHeader ? header.tlvs.direction : undefined,
      source: isHeader ? `${header.source?.address}:${header.source?.port}` : "",
      text,
    });
    socket.end(text + tag);
  });
  mesh.onStop(app.close);
  return { port: app.port, seen, close: app.close };
}

/** A function that passes bytes on as they come, after `change`. */
async function passingFunction(pod: TestPod, change: (bytes: Buffer) => Buffer = (bytes) => bytes) {
  const seen: string[] = [];
  const app = await tcpServer(pod.address, (socket) => {
    socket.on("data", (bytes: Buffer) => {
      seen.push(bytes.toString("latin1"));
      socket.write(change(bytes));
    });
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  return { port: app.port, seen, close: app.close };
}

interface ChainOptions {
  readonly spi?: number;
  readonly protocol?: AppProtocol;
  readonly isSymmetric?: boolean;
  readonly function?: Partial<LocalFunction>;
}

function hopOf(
  spi: number,
  serviceIndex: number,
  port: number,
  next: ForwardingHop["next"],
  options: ChainOptions,
): ForwardingHop {
  return {
    chain: "core/chain",
    spi,
    serviceIndex,
    next,
    isSymmetric: options.isSymmetric ?? true,
    protocol: options.protocol ?? "tcp",
    function: {
      name: `function-${serviceIndex}`,
      port,
      hasProxyProtocol: true,
      failurePolicy: "Block",
      mode: "Forward",
      ...options.function,
    },
  };
}

/** client -> first -> second -> server. */
async function applyChain(
  ports: { first: number; second: number; app: number },
  options: ChainOptions = {},
): Promise<void> {
  const spi = options.spi ?? 7;
  const protocol = options.protocol ?? "tcp";
  await server.apply({});
  await second.apply({ hops: [hopOf(spi, 1, ports.second, [server.endpoint(ports.app)], options)] });
  await first.apply({ hops: [hopOf(spi, 2, ports.first, [second.endpoint(ports.second)], options)] });
  const path = { chain: "core/chain", spi, serviceIndex: 2, next: [first.endpoint(ports.first)] };
  await client.apply({
    upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(ports.app)], path })],
  });
}

async function echoAtEnd(pod: TestPod): Promise<number> {
  const app = await tcpServer(pod.address, async (socket) => {
    let text = "";
    for await (const piece of socket.iterator({ destroyOnReturn: false })) text += piece;
    socket.end(text);
  });
  mesh.onStop(app.close);
  return app.port;
}

async function exchange(text: string): Promise<string> {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  mesh.onStop(() => socket.destroy());
  socket.end(text);
  let answer = "";
  for await (const piece of socket) answer += piece;
  return answer;
}

test("a symmetric chain passes its functions in order, and back in reverse", async () => {
  const one = await taggingFunction(first, "1");
  const two = await taggingFunction(second, "2");
  await applyChain({ first: one.port, second: two.port, app: await echoAtEnd(server) });
  expect(await exchange("x")).toBe("x1221");
  expect(one.seen.map(({ direction, text }) => [direction, text])).toEqual([
    ["request", "x"],
    ["response", "x122"],
  ]);
  expect(new Set([...one.seen, ...two.seen].map(({ source }) => source)).size).toBe(1);
  expect(one.seen[0]?.source).toMatch(/^127\.77\.3\.1:\d+$/);
});

test("return bytes of a chain that is not symmetric go around its functions", async () => {
  const one = await taggingFunction(first, "1");
  const two = await taggingFunction(second, "2");
  await applyChain({ first: one.port, second: two.port, app: await echoAtEnd(server) }, { isSymmetric: false });
  expect(await exchange("x")).toBe("x12");
});

test("every hop is counted with chain, path and index by both its ends", async () => {
  const one = await taggingFunction(first, "11");
  const two = await taggingFunction(second, "2");
  await applyChain({ first: one.port, second: two.port, app: await echoAtEnd(server) });
  await exchange("xyz");
  const hops = [
    { source: client, destination: first, hop: "2", received: 3, sent: 9 },
    { source: first, destination: second, hop: "1", received: 5, sent: 7 },
    { source: second, destination: server, hop: "0", received: 6, sent: 6 },
  ];
  for (const { source, destination, hop, received, sent } of hops) {
    const labels = { source_pod: source.name, destination_pod: destination.name, weft_spi: "7", weft_hop: hop };
    for (const [pod, reporter] of [
      [source, "source"],
      [destination, "destination"],
    ] as const) {
      const all = { ...labels, reporter };
      expect(await sumOf(pod.proxy, "istio_tcp_received_bytes_total", all)).toBe(received);
      expect(await sumOf(pod.proxy, "istio_tcp_sent_bytes_total", all)).toBe(sent);
    }
  }
  expect(await sumOf(first.proxy, "istio_tcp_received_bytes_total", { weft_chain: "core/chain" })).toBe(3 + 5);
});

test("a function that is not there blocks the flow or is gone around, as it declares", async () => {
  const one = await taggingFunction(first, "1");
  const two = await taggingFunction(second, "2");
  const app = await echoAtEnd(server);
  one.close();
  await applyChain({ first: one.port, second: two.port, app }, { function: { failurePolicy: "Bypass" } });
  expect(await exchange("x")).toBe("x22");
  expect(await sumOf(first.proxy, "weft_proxy_bypassed_functions_total")).toBe(1);
  await applyChain({ first: one.port, second: two.port, app }, { function: { failurePolicy: "Block" } });
  await expect(exchange("x")).rejects.toThrow("ECONNRESET");
  expect(await sumOf(first.proxy, "weft_proxy_refused_connections_total", { reason: "function_refused" })).toBe(1);
});

test("a function that resets refuses the flow at both ends", async () => {
  const one = await tcpServer(first.address, (socket) => socket.once("data", () => socket.resetAndDestroy()));
  mesh.onStop(one.close);
  const two = await taggingFunction(second, "2");
  const ended = Promise.withResolvers<string>();
  const app = await tcpServer(server.address, (socket) => {
    socket.resume();
    socket.on("end", () => ended.resolve("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => ended.resolve(error.code ?? ""));
  });
  mesh.onStop(app.close);
  await applyChain({ first: one.port, second: two.port, app: app.port });
  await expect(exchange("x")).rejects.toThrow("ECONNRESET");
  expect(await ended.promise).toBe("ECONNRESET");
});

test("a function in mode Tap gets a copy, and the flow does not pass it", async () => {
  const one = await taggingFunction(first, "1");
  const two = await taggingFunction(second, "2");
  await applyChain({ first: one.port, second: two.port, app: await echoAtEnd(server) }, { function: { mode: "Tap" } });
  expect(await exchange("x")).toBe("x");
  await waitUntil(() => one.seen.length === 2 && two.seen.length === 2, {
    what: "both taps heard both ways",
    timeoutMs: 5000,
  });
  expect(one.seen.map(({ direction, text }) => `${direction} ${text}`).sort()).toEqual(["request x", "response x"]);
});

test("large flows pass a chain unchanged under back-pressure", async () => {
  const one = await passingFunction(first);
  const two = await passingFunction(second);
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  await applyChain({ first: one.port, second: two.port, app: app.port }, { function: { hasProxyProtocol: false } });
  const bytes = Buffer.alloc(8_000_001);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Math.imul(at, 2_654_435_761) >>> 24;
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  mesh.onStop(() => socket.destroy());
  socket.end(bytes);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
});

test("h2c is steered by connection", async () => {
  const one = await passingFunction(first);
  const two = await passingFunction(second);
  const app = createH2Server();
  app.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => app.close());
  const { port } = app.address() as { port: number };
  await applyChain(
    { first: one.port, second: two.port, app: port },
    { protocol: "h2c", function: { hasProxyProtocol: false } },
  );
  const session = connectH2(`http://${client.address}:${listenPort}`);
  mesh.onStop(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": "/" });
  stream.end("through both");
  let answer = "";
  for await (const piece of stream) answer += piece;
  expect(answer).toBe("through both");
  expect(one.seen.join("")).toContain("through both");
  for (const pod of [first, second, server]) {
    expect(await sumOf(pod.proxy, "istio_requests_total", { reporter: "destination", weft_spi: "7" })).toBe(1);
  }
});

function replacing(from: string, to: string): (bytes: Buffer) => Buffer {
  return (bytes) => Buffer.from(bytes.toString("latin1").replaceAll(from, to), "latin1");
}

async function httpApp(): Promise<{ port: number; heads: string[] }> {
  const heads: string[] = [];
  const app = createServer(async (incoming, response) => {
    heads.push(incoming.rawHeaders.join(" ").toLowerCase());
    let body = "";
    for await (const piece of incoming) body += piece;
    response.end(`${incoming.url} ${body}`);
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.closeAllConnections();
    app.close();
  });
  return { port: (app.address() as { port: number }).port, heads };
}

function asker(): (path: string, body?: string) => Promise<{ status: number; body: string; socket: Socket }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  return (path, body = "") =>
    new Promise((resolve, reject) => {
      const options = { host: client.address, port: listenPort, agent, path, method: "POST" };
      const outgoing = request(options, async (incoming) => {
        const { socket } = incoming;
        let text = "";
        try {
          for await (const piece of incoming) text += piece;
          resolve({ status: incoming.statusCode ?? 0, body: text, socket });
        } catch (error) {
          reject(error);
        }
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
}

test("HTTP/1.1 is steered request by request: functions and applications never see weft-nsh", async () => {
  const one = await passingFunction(first, replacing("AAAA", "BBBB"));
  const two = await passingFunction(second, replacing("BBBB", "CCCC"));
  const app = await httpApp();
  await applyChain(
    { first: one.port, second: two.port, app: app.port },
    { protocol: "http1", function: { hasProxyProtocol: false } },
  );
  const ask = asker();
  expect((await ask("/one", "AAAA")).body).toBe("/one CCCC");
  expect((await ask("/two", "AAAA")).body).toBe("/two CCCC");
  expect([...one.seen, ...two.seen, ...app.heads].join("").toLowerCase()).not.toContain("weft-nsh");
  expect(one.seen.filter((text) => text.startsWith("POST"))).toHaveLength(2);
  for (const [pod, hop] of [
    [first, "2"],
    [second, "1"],
    [server, "0"],
  ] as const) {
    const labels = { reporter: "destination", weft_spi: "7", weft_hop: hop, response_code: "200" };
    expect(await sumOf(pod.proxy, "istio_requests_total", labels)).toBe(2);
  }
  const of = (pod: TestPod, reporter: string, name: string) => sumOf(pod.proxy, name, { reporter });
  for (const name of ["istio_tcp_received_bytes_total", "istio_tcp_sent_bytes_total", "istio_request_bytes_sum"]) {
    expect(await of(client, "source", name)).toBe(await of(first, "destination", name));
    expect(await of(first, "source", name)).toBe(await of(second, "destination", name));
    expect(await of(second, "source", name)).toBe(await of(server, "destination", name));
  }
});

test("a keep-alive connection moves to a new path between two requests, and no request fails", async () => {
  const old = await passingFunction(first);
  const renewed = await passingFunction(second);
  const app = await httpApp();
  const options: ChainOptions = { protocol: "http1", function: { hasProxyProtocol: false } };
  const next = [server.endpoint(app.port)];
  await server.apply({});
  await first.apply({ hops: [hopOf(1, 1, old.port, next, options)] });
  await second.apply({ hops: [hopOf(2, 1, renewed.port, next, options)] });
  const steer = (spi: number, pod: TestPod, port: number) => {
    const path = { chain: "core/chain", spi, serviceIndex: 1, next: [pod.endpoint(port)] };
    return client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: next, path })] });
  };
  await steer(1, first, old.port);
  const ask = asker();
  const sockets = new Set<Socket>();
  const statuses: number[] = [];
  let isAsking = true;
  const asking = (async () => {
    for (let count = 0; isAsking; count++) {
      const answer = await ask(`/${count}`, "x".repeat(count % 2000));
      sockets.add(answer.socket);
      statuses.push(answer.status);
    }
  })();
  for (let round = 0; round < 10; round++) {
    const before = statuses.length;
    await (round % 2 === 0 ? steer(2, second, renewed.port) : steer(1, first, old.port));
    await waitUntil(() => statuses.length > before + 5, { what: "more requests", timeoutMs: 5000, pollMs: 1 });
  }
  isAsking = false;
  await asking;
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(sockets.size).toBe(1);
  const total = await Promise.all(
    [1, 2].map((spi) => sumOf(client.proxy, "istio_requests_total", { weft_spi: `${spi}` })),
  );
  expect(Math.min(...total)).toBeGreaterThan(20);
  expect(total.reduce((sum, count) => sum + count, 0)).toBe(statuses.length);
});

test("a request in flight finishes on its path when the next one goes another way", async () => {
  const old = await passingFunction(first);
  const app = await tcpServer(server.address, (socket) => {
    socket.on("data", (bytes) => {
      const requests = bytes.toString().match(/GET \/\w+/g) ?? [];
      for (const { length } of requests) {
        const answer = () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`);
        if (bytes.toString().includes("/slow")) release.promise.then(answer);
        else answer();
      }
    });
  });
  const release = Promise.withResolvers<void>();
  mesh.onStop(app.close);
  const next = [server.endpoint(app.port)];
  const options: ChainOptions = { protocol: "http1", function: { hasProxyProtocol: false } };
  await server.apply({});
  await first.apply({ hops: [hopOf(1, 1, old.port, next, options)] });
  const path = { chain: "core/chain", spi: 1, serviceIndex: 1, next: [first.endpoint(old.port)] };
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: next, path })] });
  const socket = connect({ host: client.address, port: listenPort });
  mesh.onStop(() => socket.destroy());
  let answer = "";
  socket.on("data", (piece) => {
    answer += piece;
  });
  socket.write("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await waitUntil(() => old.seen.length > 0, { what: "the first request is on its path", timeoutMs: 5000 });
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: next })] });
  socket.write("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
  release.resolve();
  await waitUntil(() => answer.match(/200 OK/g)?.length === 2, { what: "both answers", timeoutMs: 5000 });
  expect(old.seen.join("")).not.toContain("/fast");
});

test("steering that nobody declared is refused", async () => {
  const one = await passingFunction(first);
  const app = await echoAtEnd(server);
  await applyChain({ first: one.port, second: one.port, app });
  const send = async (tlvs: Parameters<typeof encodeProxyHeader>[0]["tlvs"], after = "") => {
    const { host, port } = first.proxy.addresses.mesh;
    const socket = connect({ host, port, localAddress: client.address });
    const endpoint = { address: client.address, port: 1 };
    socket.write(encodeProxyHeader({ source: endpoint, destination: { ...endpoint, port: app }, tlvs: tlvs ?? {} }));
    socket.write(after);
    let answer = "";
    try {
      for await (const piece of socket) answer += piece;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? "";
    }
    return answer;
  };
  expect(await send({ servicePath: { spi: 99, serviceIndex: 2, ttl: 63 } })).toMatch(/^(ECONNRESET)?$/);
  expect(await send({ servicePath: { spi: 7, serviceIndex: 2, ttl: 1 } })).toMatch(/^(ECONNRESET)?$/);
  expect(await send({ perRequest: true }, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")).toContain("carries no weft-nsh");
  expect(await send({ perRequest: true }, "GET / HTTP/1.1\r\nweft-nsh: zz\r\n\r\n")).toMatch(
    /400 [\s\S]*16 hexadecimal/,
  );
  expect(await send({ perRequest: true }, "GET / HTTP/1.1\r\nweft-nsh: 0fc202fe00006302\r\n\r\n")).toContain("503");
  expect(one.seen).toEqual([]);
});
