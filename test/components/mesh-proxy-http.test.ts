import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createTestMesh,
  samplesOf,
  sumOf,
  type TestMesh,
  type TestPod,
  tcpServer,
  upstream,
} from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;
let agent: Agent;

beforeEach(async () => {
  mesh = createTestMesh("127.77.2");
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0");
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
});
afterEach(() => mesh.stop());

async function serveHttp(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const app = createServer(handler);
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.closeAllConnections();
    app.close();
  });
  const { port } = app.address() as { port: number };
  await route(port);
  return port;
}

async function route(appPort: number, protocol: "http1" | "h2c" = "http1"): Promise<void> {
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(appPort)] })] });
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly socket: Socket;
}

function ask(
  path: string,
  options: { method?: string; body?: Buffer | string; headers?: Record<string, string> } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = request(
      {
        host: client.address,
        port: listenPort,
        agent,
        path,
        method: options.method ?? "GET",
        headers: options.headers ?? {},
      },
      async (incoming) => {
        const { socket } = incoming;
        try {
          const pieces: Buffer[] = [];
          for await (const piece of incoming) pieces.push(piece);
          resolve({
            status: incoming.statusCode ?? 0,
            body: Buffer.concat(pieces).toString(),
            socket,
          });
        } catch (error) {
          reject(error);
        }
      },
    );
    outgoing.on("error", reject);
    outgoing.end(options.body);
  });
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece);
  return Buffer.concat(pieces);
}

test("requests of a keep-alive connection share one connection on either side, and are counted with their codes", async () => {
  let connectionCount = 0;
  const app = await tcpServer(server.address, () => connectionCount++);
  app.close();
  await serveHttp((incoming, response) => {
    if (incoming.socket.bytesWritten === 0) connectionCount++;
    response.statusCode = incoming.url === "/none" ? 404 : 200;
    response.end(`you asked ${incoming.url}`);
  });
  const answers = [await ask("/a"), await ask("/none"), await ask("/b")];
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [200, "you asked /a"],
    [404, "you asked /none"],
    [200, "you asked /b"],
  ]);
  expect(new Set(answers.map(({ socket }) => socket)).size).toBe(1);
  expect(connectionCount).toBe(1);
  for (const [pod, reporter] of [
    [client, "source"],
    [server, "destination"],
  ] as const) {
    const labels = { reporter, request_protocol: "http", source_pod: "client-0", destination_pod: "server-0" };
    expect(await sumOf(pod.proxy, "istio_requests_total", { ...labels, response_code: "200" })).toBe(2);
    expect(await sumOf(pod.proxy, "istio_requests_total", { ...labels, response_code: "404" })).toBe(1);
    expect(await sumOf(pod.proxy, "istio_request_duration_milliseconds_count", labels)).toBe(3);
  }
});

test("raw bytes are counted exactly, and request and response sizes add up to them", async () => {
  await serveHttp(async (incoming, response) => response.end(await bodyOf(incoming)));
  const answers = [];
  for (const size of [0, 1, 1000, 200_000]) {
    answers.push(await ask("/echo", { method: "POST", body: Buffer.alloc(size, 97) }));
  }
  const socket = answers[0]?.socket as Socket;
  for (const [pod, reporter] of [
    [client, "source"],
    [server, "destination"],
  ] as const) {
    const of = (name: string) => sumOf(pod.proxy, name, { reporter });
    expect(await of("istio_tcp_received_bytes_total")).toBe(socket.bytesWritten);
    expect(await of("istio_tcp_sent_bytes_total")).toBe(socket.bytesRead);
    expect(await of("istio_request_bytes_sum")).toBe(socket.bytesWritten);
    expect(await of("istio_response_bytes_sum")).toBe(socket.bytesRead);
  }
});

test("chunked bodies pass both ways, trailers included", async () => {
  await serveHttp(async (incoming, response) => {
    const body = await bodyOf(incoming);
    response.writeHead(200, { trailer: "x-sum" });
    for (let at = 0; at < body.length; at += 70_000) response.write(body.subarray(at, at + 70_000));
    response.addTrailers({ "x-sum": String(body.length) });
    response.end();
  });
  const body = Buffer.alloc(500_001, "chunked ");
  const trailers = await new Promise<NodeJS.Dict<string>>((resolve, reject) => {
    const outgoing = request({ host: client.address, port: listenPort, agent, method: "POST" }, async (incoming) => {
      expect((await bodyOf(incoming)).equals(body)).toBe(true);
      resolve(incoming.trailers);
    });
    outgoing.on("error", reject);
    for (let at = 0; at < body.length; at += 33_333) outgoing.write(body.subarray(at, at + 33_333));
    outgoing.end();
  });
  expect(trailers).toEqual({ "x-sum": "500001" });
  expect((await ask("/again")).status).toBe(200);
});

test("pipelined requests are answered in their order, however the bytes are cut", async () => {
  await serveHttp((incoming, response) => response.end(`<${incoming.url}>`));
  const requests = Array.from({ length: 40 }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: x\r\n\r\n`).join("");
  const last = "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  for (const cut of [1, 7, 64, 100_000]) {
    const socket = connect({ host: client.address, port: listenPort, noDelay: true });
    const text = requests + last;
    for (let at = 0; at < text.length; at += cut) socket.write(text.slice(at, at + cut));
    let answer = "";
    for await (const piece of socket) answer += piece;
    const bodies = [...answer.matchAll(/<\/(\w+)>/g)].map(([, path]) => path);
    expect(bodies).toEqual([...Array.from({ length: 40 }, (_, index) => String(index)), "last"]);
  }
});

test("weft-nsh from an application goes no further", async () => {
  await serveHttp((incoming, response) => response.end(JSON.stringify(incoming.rawHeaders)));
  const { body } = await ask("/", { headers: { "Weft-NSH": "0fc202fe010203fe", "x-other": "stays" } });
  expect(body).toContain("x-other");
  expect(body.toLowerCase()).not.toContain("weft-nsh");
});

test("an application that stops listening gives 502 and then 503, and the next one is found", async () => {
  await serveHttp((incoming) => incoming.socket.resetAndDestroy());
  const first = await ask("/");
  expect(first.status).toBe(502);
  expect(JSON.parse(first.body).error.code).toBe("upstream-failed");
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: [] })] });
  const second = await ask("/");
  expect(second.status).toBe(503);
  expect(JSON.parse(second.body).error.message).toContain("has no endpoint left");
  await serveHttp((_, response) => response.end("back"));
  expect((await ask("/")).body).toBe("back");
});

test("a request that meets the end of its connection is sent once more if it is idempotent, and answered 502 if not", async () => {
  const seen: string[] = [];
  const app = await tcpServer(server.address, (socket) => {
    let requestCount = 0;
    socket.on("data", (bytes) => {
      seen.push(bytes.toString("latin1").split(" HTTP", 1)[0] ?? "");
      // Every connection is closed on its second request, as if that had come a moment too late.
      if (requestCount++ === 0) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else socket.end();
    });
  });
  mesh.onStop(app.close);
  await route(app.port);
  expect((await ask("/1")).body).toBe("ok");
  expect((await ask("/2", { method: "PUT", body: "twice" })).body).toBe("ok");
  expect((await ask("/3", { method: "POST", body: "once" })).status).toBe(502);
  expect(seen).toEqual(["GET /1", "PUT /2", "PUT /2", "POST /3"]);
});

test("an early answer reaches the client, also when the rest of its request has nowhere to go", async () => {
  const app = await tcpServer(server.address, (socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  });
  mesh.onStop(app.close);
  await route(app.port);
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nstart");
  let answer = "";
  for await (const piece of socket.iterator({ destroyOnReturn: false })) answer += piece;
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test("a response that breaks off is not taken for a whole one", async () => {
  await serveHttp((_, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("half", () => response.socket?.resetAndDestroy());
  });
  await expect(ask("/")).rejects.toThrow(/aborted|ECONNRESET|hang up/);
});

test("what is no HTTP/1.1 request is answered 400 with the reason", async () => {
  await serveHttp((_, response) => response.end());
  const socket = connect({ host: client.address, port: listenPort });
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  let answer = "";
  for await (const piece of socket) answer += piece;
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain("exclude each other");
  expect(await sumOf(client.proxy, "weft_proxy_refused_requests_total", { response_code: "400" })).toBe(1);
});

test("a connection that is upgraded becomes a tunnel", async () => {
  const app = createServer();
  app.on("upgrade", (_, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    socket.pipe(socket);
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.closeAllConnections();
    app.close();
  });
  await route((app.address() as { port: number }).port);
  const socket = connect({ host: client.address, port: listenPort });
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nearly ");
  let answer = "";
  socket.on("data", (piece) => {
    answer += piece;
    if (answer.endsWith("early ")) socket.write("late");
    if (answer.endsWith("late")) socket.end();
  });
  await once(socket, "close");
  expect(answer).toMatch(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\nearly late$/);
});

test("h2c passes with many streams at once, and gRPC status and codes are counted", async () => {
  const app = createH2Server();
  app.on("stream", (stream: ServerHttp2Stream, headers) => {
    if (headers[":path"] === "/missing") return stream.respond({ ":status": 404 }, { endStream: true });
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": headers[":path"] === "/fail" ? "5" : "0" }));
    stream.pipe(stream);
    return undefined;
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => app.close());
  await route((app.address() as { port: number }).port, "h2c");
  const session = connectH2(`http://${client.address}:${listenPort}`);
  mesh.onStop(() => session.destroy());
  const call = async (path: string, size: number) => {
    const stream = session.request({ ":method": "POST", ":path": path });
    stream.end(Buffer.alloc(size, 120));
    let byteCount = 0;
    for await (const piece of stream) byteCount += piece.length;
    return byteCount;
  };
  const sizes = Array.from({ length: 50 }, (_, index) => index * 5000);
  expect(await Promise.all(sizes.map((size) => call("/echo", size)))).toEqual(sizes);
  expect(await call("/fail", 10)).toBe(10);
  expect(await call("/missing", 0)).toBe(0);
  const bytes = { written: session.socket.bytesWritten, read: session.socket.bytesRead };
  session.close();
  await once(session, "close");
  for (const [pod, reporter] of [
    [client, "source"],
    [server, "destination"],
  ] as const) {
    const count = (labels: Record<string, string>) => sumOf(pod.proxy, "istio_requests_total", { reporter, ...labels });
    expect(await count({ response_code: "200", grpc_response_status: "0" })).toBe(50);
    expect(await count({ response_code: "200", grpc_response_status: "5" })).toBe(1);
    expect(await count({ response_code: "404", grpc_response_status: "" })).toBe(1);
    // Heads of frames and of requests may be written in another way between the proxies; bodies may not.
    expect(await sumOf(pod.proxy, "istio_tcp_received_bytes_total", { reporter })).toBeGreaterThan(
      bytes.written * 0.99,
    );
    expect(await sumOf(pod.proxy, "istio_tcp_sent_bytes_total", { reporter })).toBeGreaterThan(bytes.read * 0.99);
  }
  const [source] = await samplesOf(client.proxy, "istio_tcp_received_bytes_total");
  const [destination] = await samplesOf(server.proxy, "istio_tcp_received_bytes_total");
  expect(source?.value).toBe(destination?.value);
});
