/** Streams of one HTTP/2 connection are balanced one by one; Node's http2 is client and server. */
import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect as connectH2,
  constants,
  createServer as createH2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

let mesh: TestMesh;
let client: TestPod;
let servers: Server[];
const listenPort = 15_010;

interface Server {
  readonly pod: TestPod;
  readonly app: Http2Server;
  readonly sessions: Set<ServerHttp2Session>;
  readonly port: number;
  requestCount: number;
}

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, server: Server) => unknown;

beforeEach(async () => {
  mesh = createTestMesh("127.78.30");
  client = await mesh.pod("client-0");
  servers = [];
});
afterEach(() => mesh.stop());

async function serve(name: string, onStream: OnStream): Promise<Server> {
  const pod = await mesh.pod(name);
  const app = createH2Server();
  const sessions = new Set<ServerHttp2Session>();
  app.on("session", (session: ServerHttp2Session) => sessions.add(session));
  app.on("sessionError", () => {});
  app.listen(0, pod.address);
  await once(app, "listening");
  mesh.onStop(() => {
    for (const session of sessions) session.destroy();
    app.close();
  });
  const server: Server = { pod, app, sessions, port: (app.address() as { port: number }).port, requestCount: 0 };
  app.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => {});
    server.requestCount++;
    onStream(stream, headers, server);
  });
  servers.push(server);
  return server;
}

async function applyAll(): Promise<void> {
  for (const { pod } of servers) await pod.apply({});
  const endpoints = servers.map(({ pod, port }) => pod.endpoint(port));
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints })] });
}

async function serveThree(onStream: OnStream): Promise<void> {
  for (let at = 0; at < 3; at++) await serve(`server-${at}`, onStream);
  await applyAll();
}

function session(): ClientHttp2Session {
  const opened = connectH2(`http://${client.address}:${listenPort}`);
  opened.on("error", () => {});
  mesh.onStop(() => opened.destroy());
  return opened;
}

const answerName: OnStream = (stream, _, { pod }) => {
  stream.respond({ ":status": 200 });
  stream.end(pod.name);
};

async function ask(over: ClientHttp2Session, headers: Record<string, string> = {}, body?: Buffer): Promise<string> {
  const stream = over.request({ ":path": "/", ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  let status: unknown;
  stream.on("response", (fields) => {
    status = fields[":status"];
  });
  let answer = "";
  try {
    for await (const piece of stream) answer += piece;
  } catch (error) {
    return (error as { code?: string }).code ?? "failed";
  }
  return status === 200 ? answer : String(status);
}

test("1,000 requests of one connection spread evenly over three endpoints, and each is counted where it went", async () => {
  await serveThree(answerName);
  const over = session();
  const answers: string[] = [];
  const worker = async () => {
    for (let at = 0; at < 20; at++) answers.push(await ask(over));
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  for (const { pod, requestCount } of servers) {
    // Four standard deviations of a fair choice.
    expect(Math.abs(requestCount - 1000 / 3)).toBeLessThan(60);
    expect(answers.filter((answer) => answer === pod.name)).toHaveLength(requestCount);
    const labels = { destination_pod: pod.name, response_code: "200" };
    expect(await sumOf(client.proxy, "istio_requests_total", { ...labels, reporter: "source" })).toBe(requestCount);
    expect(await sumOf(pod.proxy, "istio_requests_total", { ...labels, reporter: "destination" })).toBe(requestCount);
    const bytes = (at: TestPod, direction: string) =>
      sumOf(at.proxy, `istio_tcp_${direction}_bytes_total`, { destination_pod: pod.name });
    for (const direction of ["received", "sent"])
      expect(await bytes(client, direction)).toBe(await bytes(pod, direction));
  }
});

test("clients share upstream connections", async () => {
  await serveThree(answerName);
  for (let at = 0; at < 30; at++) expect(await ask(session())).toMatch(/^server-/);
  for (const { sessions } of servers) expect(sessions.size).toBeLessThanOrEqual(1);
});

test("bodies and trailers arrive whole both ways", async () => {
  await serveThree((stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "7", "x-end": "yes" }));
    stream.pipe(stream);
  });
  const over = session();
  const sizes = [0, 1, 16_384, 16_385, 65_535, 65_536, 1_000_000, 5_000_000];
  const echo = async (size: number) => {
    const stream = over.request({ ":method": "POST", ":path": "/" });
    const body = Buffer.from(Array.from({ length: size }, (_, at) => (at * 31) & 0xff));
    stream.end(body);
    const trailers = once(stream, "trailers");
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(body)).toBe(true);
    expect((await trailers)[0]).toMatchObject({ "grpc-status": "7", "x-end": "yes" });
  };
  await Promise.all(sizes.map(echo));
  expect(await sumOf(client.proxy, "istio_requests_total", { grpc_response_status: "7" })).toBe(sizes.length);
});

test("a reader that is slow holds its server up, costs little memory, and holds up no other", async () => {
  let writtenBytes = 0;
  const piece = Buffer.alloc(65_536, 1);
  await serveThree((stream, headers, server) => {
    if (headers[":path"] !== "/endless") return answerName(stream, headers, server);
    stream.respond({ ":status": 200 });
    const write = () => {
      while (!stream.destroyed) {
        writtenBytes += piece.length;
        if (!stream.write(piece)) break;
      }
    };
    stream.on("drain", write);
    write();
    return undefined;
  });
  const over = session();
  const slow = Array.from({ length: 20 }, () => over.request({ ":path": "/endless" }).pause());
  await Promise.all(slow.map((stream) => once(stream, "response")));
  for (let at = 0; at < 100; at++) expect(await ask(over)).toMatch(/^server-/);
  // What Node's streams, the windows and the sockets between hold; 500 MB if nothing held the servers up.
  expect(writtenBytes).toBeLessThan(20 * 1024 * 1024);
  let readBytes = 0;
  for (const stream of slow) {
    for await (const bytes of stream) {
      readBytes += bytes.length;
      if (readBytes > 1024 * 1024) break;
    }
    readBytes = 0;
  }
});

test("a server that does not read holds its client up", async () => {
  await serveThree((stream) => {
    stream.pause();
    stream.respond({ ":status": 200 });
  });
  const over = session();
  let writtenBytes = 0;
  const piece = Buffer.alloc(65_536, 1);
  const uploads = Array.from({ length: 20 }, () => over.request({ ":path": "/", ":method": "POST" }));
  for (const stream of uploads) {
    stream.on("error", () => {});
    const write = () => {
      while (!stream.destroyed) {
        writtenBytes += piece.length;
        if (!stream.write(piece)) break;
      }
    };
    stream.on("drain", write);
    write();
  }
  await Promise.all(uploads.map((stream) => once(stream, "response")));
  let lastBytes = -1;
  const isStill = () => {
    const isSame = writtenBytes === lastBytes;
    lastBytes = writtenBytes;
    return isSame;
  };
  await expect.poll(isStill, { interval: 200 }).toBe(true);
  expect(writtenBytes).toBeLessThan(20 * 1024 * 1024);
});

test("with http2Balancing connection a connection stays with one endpoint", async () => {
  client = await mesh.pod("client-1", { http2Balancing: "connection" });
  await serveThree(answerName);
  const over = session();
  const answers = new Set<string>();
  for (let at = 0; at < 30; at++) answers.add(await ask(over));
  expect(answers.size).toBe(1);
});

test("of an instance that is killed only its requests in flight fail, and not those that can be sent again", async () => {
  const held: { readonly stream: ServerHttp2Stream; readonly server: Server }[] = [];
  await serveThree((stream, headers, server) => {
    if (headers[":path"] === "/held" && held.length < 30) held.push({ stream, server });
    else answerName(stream, headers, server);
  });
  const over = session();
  const posts = Array.from({ length: 30 }, () => ask(over, { ":path": "/held", ":method": "POST" }));
  await expect.poll(() => held.length).toBe(30);
  const [killed] = servers as [Server];
  const lostCount = held.filter(({ server }) => server === killed).length;
  await killed.pod.proxy.stop({ drainMs: 0 });
  for (const { stream, server } of held) if (server !== killed) answerName(stream, {}, server);
  const answers = await Promise.all(posts);
  expect(answers.filter((answer) => answer === "502")).toHaveLength(lostCount);
  expect(answers.filter((answer) => /^server-[12]$/.test(answer))).toHaveLength(30 - lostCount);
  for (let at = 0; at < 30; at++) expect(await ask(over)).toMatch(/^server-[12]$/);
});

test("an instance that goes away finishes what it has and gets nothing new", async () => {
  const release = Promise.withResolvers<void>();
  await serveThree(async (stream, headers, server) => {
    if (headers[":path"] === "/held") await release.promise;
    answerName(stream, headers, server);
  });
  const over = session();
  const held = Array.from({ length: 30 }, () => ask(over, { ":path": "/held", ":method": "POST" }));
  await expect.poll(() => servers.reduce((sum, { requestCount }) => sum + requestCount, 0)).toBe(30);
  const [leaving, ...others] = servers as [Server, Server, Server];
  const countBefore = leaving.requestCount;
  for (const one of leaving.sessions) one.goaway();
  const endpoints = others.map(({ pod, port }) => pod.endpoint(port));
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints })] });
  for (let at = 0; at < 20; at++) expect(await ask(over)).toMatch(/^server-[12]$/);
  expect(leaving.requestCount).toBe(countBefore);
  release.resolve();
  expect((await Promise.all(held)).filter((answer) => answer === leaving.pod.name)).toHaveLength(countBefore);
});

test("a POST with its body that was refused goes to another endpoint, whole", async () => {
  let refusedCount = 0;
  await serve("server-0", (stream) => {
    refusedCount++;
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
  });
  await serve("server-1", (stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  await applyAll();
  const over = session();
  const body = Buffer.from("subscribe ".repeat(500));
  for (let at = 0; at < 20; at++) expect(await ask(over, { ":method": "POST" }, body)).toBe(body.toString());
  expect(refusedCount).toBeGreaterThan(0);
});

test("resets pass both ways", async () => {
  const codes: Promise<unknown>[] = [];
  await serveThree((stream, headers) => {
    stream.respond({ ":status": 200 });
    stream.write("x");
    if (headers[":path"] === "/bad") stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else codes.push(once(stream, "close").then(() => stream.rstCode));
  });
  const over = session();
  expect(await ask(over, { ":path": "/bad" })).toBe("ERR_HTTP2_STREAM_ERROR");
  const stream = over.request({ ":path": "/" });
  stream.on("error", () => {});
  await once(stream, "data");
  stream.close(constants.NGHTTP2_CANCEL);
  await expect.poll(() => codes.length).toBe(1);
  expect(await codes[0]).toBe(constants.NGHTTP2_CANCEL);
});

test("a client that resets streams too fast is told to calm down, and its endpoints are spared", async () => {
  await serveThree(() => {});
  const over = session();
  const goneAway = once(over, "goaway");
  for (let at = 0; at < 400; at++) {
    const stream = over.request({ ":path": "/" });
    stream.on("error", () => {});
    stream.close(constants.NGHTTP2_CANCEL);
  }
  expect((await goneAway)[0]).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  expect(servers.reduce((sum, { requestCount }) => sum + requestCount, 0)).toBeLessThan(300);
});

test("without an endpoint a request is answered 503, and the connection goes on", async () => {
  await serve("server-0", answerName);
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints: [] })] });
  const over = session();
  expect(await ask(over)).toBe("503");
  await applyAll();
  expect(await ask(over)).toBe("server-0");
});

test("another protocol on the port passes by connection", async () => {
  const pod = await mesh.pod("server-0");
  const echo = await tcpServer(pod.address, (socket) => socket.pipe(socket));
  mesh.onStop(() => echo.close());
  await pod.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints: [pod.endpoint(echo.port)] })] });
  const socket = connect({ host: client.address, port: listenPort });
  socket.setEncoding("latin1").end("hello there");
  let answer = "";
  for await (const piece of socket) answer += piece;
  expect(answer).toBe("hello there");
});
