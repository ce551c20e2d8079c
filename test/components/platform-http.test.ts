import { Agent, request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createHttpServer, type HttpServer, type HttpServerOptions } from "../../platform/http/http-server.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function serverOf(options: Partial<HttpServerOptions> = {}): HttpServer {
  const log = createLog({ level: "silent", name: "test" });
  const server = createHttpServer({ log, clock: createManualClock(), bodyBytesMax: 1000, ...options });
  cleanups.push(() => server.close());
  return server;
}

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly keepAlive: string | undefined;
  readonly body: string;
}

function get(url: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, agent ? { agent } : {}, async (response) => {
      const { connection } = response.headers;
      const keepAlive = response.headers["keep-alive"]?.toString();
      resolve({ status: response.statusCode, connection, keepAlive, body: (await response.toArray()).join("") });
    });
    sent.on("error", reject);
    sent.end();
  });
}

async function exchange(port: number, bytes: string): Promise<string> {
  const socket = await connected(port);
  socket.write(bytes);
  return (await socket.toArray()).join("");
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.on("error", reject);
    cleanups.push(() => socket.destroy());
  });
}

/** A route that answers when told, and a promise of the moment it was asked. */
function heldRoute(server: HttpServer) {
  const held = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  server.app.get("/held", async () => {
    asked.resolve();
    await held.promise;
    return { done: true };
  });
  return { asked: asked.promise, release: held.resolve };
}

it("listening answers the address that was actually taken", async () => {
  const server = serverOf();
  const { host, port, url } = await server.listen("127.0.0.1", 0);
  expect(host).toBe("127.0.0.1");
  expect(url).toBe(`http://127.0.0.1:${port}`);
  expect((await get(`${url}/x`)).status).toBe(404);
});

it("an address in use is the error listen-failed, which names it", async () => {
  const { port } = await serverOf().listen("127.0.0.1", 0);
  const failure = serverOf().listen("127.0.0.1", port);
  await expect(failure).rejects.toMatchObject({ code: "listen-failed", message: expect.stringContaining(`:${port}`) });
});

it("an idle connection is kept for longer than the 90 s of Go's client", async () => {
  const server = serverOf();
  server.app.get("/", async () => "ok");
  const agent = new Agent({ keepAlive: true });
  cleanups.push(() => agent.destroy());
  const { keepAlive } = await get((await server.listen("127.0.0.1", 0)).url, agent);
  expect(Number(keepAlive?.split("=")[1])).toBeGreaterThanOrEqual(100);
});

it("close lets a request in flight finish, and tells its connection to close", async () => {
  const server = serverOf();
  const { asked, release } = heldRoute(server);
  const agent = new Agent({ keepAlive: true });
  cleanups.push(() => agent.destroy());
  const { url } = await server.listen("127.0.0.1", 0);
  const answer = get(`${url}/held`, agent);
  await asked;
  const closed = server.close();
  release();
  expect(await answer).toMatchObject({ status: 200, body: '{"done":true}' });
  await closed;
  await expect(get(`${url}/held`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

it("close cuts what is still in flight at the end of the drain", async () => {
  const clock = createManualClock();
  const server = serverOf({ clock, drainMsMax: 5000 });
  const { asked, release } = heldRoute(server);
  const { url } = await server.listen("127.0.0.1", 0);
  const answer = get(`${url}/held`).catch((error: NodeJS.ErrnoException) => error.code);
  await asked;
  const closed = server.close();
  clock.advance(5000);
  expect(await answer).toBe("ECONNRESET");
  await closed;
  release();
});

it("close again is the same close", async () => {
  const server = serverOf();
  await server.listen("127.0.0.1", 0);
  await Promise.all([server.close(), server.close()]);
});

it("a request that does not arrive whole in time is 408", async () => {
  const server = serverOf({ requestTimeoutMs: 40 });
  server.app.post("/", async () => "ok");
  const { port } = await server.listen("127.0.0.1", 0);
  const answer = await exchange(
    port,
    "POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\nhalf",
  );
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('{"error":{"code":"request-timeout"');
});

it.each([
  {
    name: "bytes that are no HTTP are 400",
    bytes: "\u0016\u0003\u0001garbage\r\n\r\n",
    status: 400,
    code: "request-malformed",
  },
  {
    name: "headers over 16 kB are 431",
    bytes: `GET / HTTP/1.1\r\nhost: a\r\nx: ${"x".repeat(20_000)}\r\n\r\n`,
    status: 431,
    code: "headers-too-large",
  },
])("$name, in the one shape of errors", async ({ bytes, status, code }) => {
  const { port } = await serverOf().listen("127.0.0.1", 0);
  const answer = await exchange(port, bytes);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(JSON.parse(answer.slice(answer.indexOf("{")))).toEqual({ error: { code, message: expect.any(String) } });
});

it("a body over the limit is refused before it has arrived", async () => {
  const server = serverOf({ bodyBytesMax: 10 });
  server.app.post("/", async () => "ok");
  const { port } = await server.listen("127.0.0.1", 0);
  const socket = await connected(port);
  socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n");
  const [first] = await socket.take(1).toArray();
  expect(String(first)).toMatch(/^HTTP\/1\.1 413 /);
});

it("connections over the limit are dropped", async () => {
  const server = serverOf({ connectionsMax: 1 });
  const { port } = await server.listen("127.0.0.1", 0);
  await connected(port);
  const dropped = await connected(port);
  expect(await dropped.toArray()).toEqual([]);
});
