import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.1");
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const app = await tcpServer(server.address, onConnection);
  mesh.onStop(app.close);
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(app.port)] })] });
  return app.port;
}

function dialUpstream(): Socket {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  return socket;
}

/** Bytes that no shift or swap leaves the same. */
function pattern(byteCount: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(byteCount);
  let state = seed * 2654435761 + 1;
  for (let at = 0; at < byteCount; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

function sha(bytes: Buffer | readonly Buffer[]): string {
  const hash = createHash("sha256");
  for (const piece of Array.isArray(bytes) ? bytes : [bytes as Buffer]) hash.update(piece);
  return hash.digest("hex");
}

async function readAll(socket: Socket, pauseMs = 0): Promise<readonly Buffer[]> {
  const pieces: Buffer[] = [];
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    pieces.push(piece);
    // A reader that is slow on purpose: the pause makes the case, and nothing is asserted about it.
    if (pauseMs > 0 && pieces.length % 8 === 0) await delay(pauseMs);
  }
  return pieces;
}

test.each([
  { name: "1 byte", byteCount: 1, pauseMs: 0 },
  { name: "one read buffer exactly", byteCount: 65_536, pauseMs: 0 },
  { name: "one byte more than a read buffer", byteCount: 65_537, pauseMs: 0 },
  { name: "12 MB to fast readers", byteCount: 12_000_003, pauseMs: 0 },
  { name: "12 MB to slow readers", byteCount: 12_000_003, pauseMs: 1 },
])("both directions carry $name unchanged, at the same time, and count every byte", async ({ byteCount, pauseMs }) => {
  const up = pattern(byteCount, 1);
  const down = pattern(byteCount + 7, 2);
  const received = Promise.withResolvers<readonly Buffer[]>();
  await serve((socket) => {
    socket.end(down);
    readAll(socket, pauseMs).then(received.resolve, received.reject);
  });
  const socket = dialUpstream();
  socket.end(up);
  const answer = await readAll(socket, pauseMs);
  expect(sha(answer)).toBe(sha(down));
  expect(sha(await received.promise)).toBe(sha(up));
  for (const [pod, reporter] of [
    [client, "source"],
    [server, "destination"],
  ] as const) {
    const labels = { reporter, source_pod: "client-0", destination_pod: "server-0", request_protocol: "tcp" };
    expect(await sumOf(pod.proxy, "istio_tcp_received_bytes_total", labels)).toBe(up.length);
    expect(await sumOf(pod.proxy, "istio_tcp_sent_bytes_total", labels)).toBe(down.length);
  }
});

test("many connections of many sizes at once keep their bytes apart", async () => {
  await serve((socket) => {
    readAll(socket, 1).then((pieces) => socket.end(Buffer.concat(pieces)));
  });
  const sizes = Array.from({ length: 60 }, (_, index) => 1 + ((index * 7919 * 13) % 900_000));
  const results = await Promise.all(
    sizes.map(async (size, index) => {
      const bytes = pattern(size, index);
      const socket = dialUpstream();
      socket.end(bytes);
      return sha(await readAll(socket, index % 3)) === sha(bytes);
    }),
  );
  expect(results.every((isSame) => isSame)).toBe(true);
});

test("the answer still comes after the client has ended its side", async () => {
  await serve((socket) => {
    socket.resume();
    socket.on("end", () => socket.end("after your end"));
  });
  const socket = dialUpstream();
  socket.end("request");
  expect(Buffer.concat(await readAll(socket)).toString()).toBe("after your end");
});

test("the server may end first and still be written to", async () => {
  const received = Promise.withResolvers<string>();
  await serve((socket) => {
    socket.end("bye");
    readAll(socket).then((pieces) => received.resolve(Buffer.concat(pieces).toString()));
  });
  const socket = dialUpstream();
  expect(Buffer.concat(await readAll(socket)).toString()).toBe("bye");
  socket.end("still here");
  expect(await received.promise).toBe("still here");
});

test("a server that speaks first is heard", async () => {
  await serve((socket) => socket.write("220 ready"));
  const socket = dialUpstream();
  const [piece] = await Promise.race([once(socket, "data"), once(socket, "close")]);
  expect(String(piece)).toBe("220 ready");
});

test("a reset of the server reaches the client as a reset, not as an end", async () => {
  await serve((socket) => {
    socket.once("data", () => socket.write("half an answer", () => socket.resetAndDestroy()));
  });
  const socket = dialUpstream();
  let hasEnded = false;
  socket.on("end", () => {
    hasEnded = true;
  });
  const [error] = await Promise.all([once(socket, "error"), socket.write("x")]);
  expect((error[0] as NodeJS.ErrnoException).code).toBe("ECONNRESET");
  expect(hasEnded).toBe(false);
});

test("a reset of the client reaches the server as a reset", async () => {
  const failed = Promise.withResolvers<string>();
  await serve((socket) => {
    socket.on("error", (error: NodeJS.ErrnoException) => failed.resolve(error.code ?? ""));
    socket.on("end", () => failed.resolve("end"));
    socket.once("data", () => socket.write("go on"));
  });
  const socket = dialUpstream();
  socket.write("x");
  await once(socket, "data");
  socket.resetAndDestroy();
  expect(await failed.promise).toBe("ECONNRESET");
});

test("a slow reader holds the sender back instead of filling memory", async () => {
  let accepted: Socket | undefined;
  await serve((socket) => {
    accepted = socket;
    socket.pause();
  });
  const socket = dialUpstream();
  const piece = pattern(1 << 20, 3);
  for (let count = 0; count < 64; count++) socket.write(piece);
  await waitUntil(() => accepted, { what: "the server has the connection", timeoutMs: 5000 });
  const moved = () => socket.bytesWritten - socket.writableLength;
  let before = -1;
  await waitUntil(
    () => {
      const isStill = moved() === before;
      before = moved();
      return isStill;
    },
    { what: "the kernel buffers are full", timeoutMs: 20_000, pollMs: 300 },
  );
  // Four kernel buffers and two read buffers lie on the way; the kernel limits each to 6 MB or so.
  expect(socket.writableLength).toBeGreaterThan(0);
  accepted?.resume();
  socket.end();
  const counted = await waitUntil(
    async () =>
      (await sumOf(server.proxy, "istio_tcp_received_bytes_total")) === socket.bytesWritten && socket.bytesWritten,
    { what: "the rest arrives", timeoutMs: 30_000 },
  );
  expect(counted).toBe(64 << 20);
});

test("an endpoint that refuses is passed over for the next one, and counted", async () => {
  const port = await serve((socket) => socket.end("second"));
  const gone = await mesh.pod("gone-0");
  const dead = gone.endpoint(port, 1_000_000);
  await gone.proxy.stop();
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [dead, server.endpoint(port)] })] });
  for (let round = 0; round < 3; round++) {
    const socket = dialUpstream();
    socket.end();
    expect(Buffer.concat(await readAll(socket)).toString()).toBe("second");
  }
  expect(await sumOf(client.proxy, "weft_proxy_connect_failures_total")).toBe(1);
});

test("with no endpoint left the client is refused at once", async () => {
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [] })] });
  const socket = dialUpstream();
  const [error] = await once(socket, "error");
  expect((error as NodeJS.ErrnoException).code).toBe("ECONNRESET");
  expect(await sumOf(client.proxy, "weft_proxy_refused_connections_total", { reason: "no_endpoint" })).toBe(1);
});

test("listeners come and go with snapshots, and a live connection outlives its listener", async () => {
  await serve((socket) => socket.pipe(socket));
  const socket = dialUpstream();
  socket.write("one");
  await once(socket, "data");
  await client.apply({ upstreams: [] });
  expect(await client.proxy.upstreamPorts()).toEqual([]);
  const refused = dialUpstream();
  const [error] = await once(refused, "error");
  expect((error as NodeJS.ErrnoException).code).toBe("ECONNREFUSED");
  socket.write("two");
  const [piece] = await once(socket, "data");
  expect(String(piece)).toBe("two");
});

test("a connection without a byte for the idle time is closed", async () => {
  const quick = await mesh.pod("quick-0", { idleTimeoutMs: 200 });
  const port = await serve(() => {});
  await server.apply({});
  await quick.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(port)] })] });
  const socket = connect({ host: quick.address, port: listenPort });
  const [hadError] = await once(socket, "close").catch(() => [true]);
  expect(hadError).toBe(true);
  expect(await sumOf(quick.proxy, "weft_proxy_idle_closed_total")).toBe(1);
});

test("connections beyond the limit are refused, and those before it live", async () => {
  const narrow = await mesh.pod("narrow-0", { connectionsMax: 1 });
  const port = await serve((socket) => socket.pipe(socket));
  await server.apply({});
  await narrow.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(port)] })] });
  const first = connect({ host: narrow.address, port: listenPort });
  mesh.onStop(() => first.destroy());
  first.write("a");
  await once(first, "data");
  const second = connect({ host: narrow.address, port: listenPort });
  await once(second, "error");
  first.write("b");
  expect(String((await once(first, "data"))[0])).toBe("b");
  expect(await sumOf(narrow.proxy, "weft_proxy_refused_connections_total", { reason: "connection_limit" })).toBe(1);
});
