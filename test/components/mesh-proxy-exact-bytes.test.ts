/** The proxies' byte counters against what the kernel's sockets say of the same connections. */
import { once } from "node:events";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AppProtocol } from "../../core/model/service.ts";
import { encodeProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { type KernelSocket, kernelSockets, whyNoKernelSockets } from "../tools/kernel-sockets.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
const seed = Math.floor(Math.random() * 2 ** 31);
const missing = whyNoKernelSockets();
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.85");
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

async function route(appPort: number, protocol: AppProtocol): Promise<void> {
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(appPort)] })] });
}

function dial(): Socket {
  const socket = connect({ host: client.address, port: listenPort });
  mesh.onStop(() => socket.destroy());
  return socket;
}

/** Evenly in [0, 1), the same for the same seed. */
function random(): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 2 ** 31;
  };
}

const received = (sockets: readonly KernelSocket[]) => sockets.reduce((sum, socket) => sum + socket.receivedBytes, 0);
const acked = (sockets: readonly KernelSocket[]) => sockets.reduce((sum, socket) => sum + socket.ackedBytes, 0);

/** The ends of the connections at one address and port: those that listen there, and those that dialled it. */
function endsAt(place: string) {
  const all = kernelSockets();
  return { listening: all.filter(({ local }) => local === place), dialling: all.filter(({ peer }) => peer === place) };
}

interface Counters {
  readonly towards: number;
  readonly back: number;
}

async function countersOf({ proxy }: TestPod): Promise<Counters> {
  return {
    towards: await sumOf(proxy, "istio_tcp_received_bytes_total"),
    back: await sumOf(proxy, "istio_tcp_sent_bytes_total"),
  };
}

/** Both proxies against the kernel, on the wire between them and at the application. @param count of connections */
async function expectExact(appPort: number, count: number): Promise<Counters> {
  const { port } = server.proxy.addresses.mesh;
  const place = `${server.address}:${port}`;
  await waitUntil(() => kernelSockets().every(({ waitingBytes }) => waitingBytes === 0), {
    what: "all is read",
    timeoutMs: 5000,
  });
  const counted = await countersOf(server);
  expect(await countersOf(client)).toEqual(counted);
  const between = endsAt(place);
  expect([between.listening.length, between.dialling.length]).toEqual([count, count]);
  const ends = {
    source: { address: client.address, port: 40_000 },
    destination: { address: server.address, port: appPort },
  };
  const headerBytes = count * encodeProxyHeader({ ...ends, tlvs: { wantsNotices: true } }).length;
  const noticeBytes = count * 4;
  expect(received(between.listening)).toBe(counted.towards + headerBytes);
  expect(acked(between.dialling)).toBe(counted.towards + headerBytes);
  expect(received(between.dialling)).toBe(counted.back + noticeBytes);
  const app = endsAt(`${server.address}:${appPort}`);
  expect([received(app.listening), received(app.dialling)]).toEqual([counted.towards, counted.back]);
  return counted;
}

/** What the client's own sockets say they sent and got. */
function expectClient({ towards, back }: Counters): void {
  const { listening, dialling } = endsAt(`${client.address}:${listenPort}`);
  expect([received(listening), received(dialling)]).toEqual([towards, back]);
}

test.skipIf(missing)(`TCP of any sizes, both ways at once (seed ${seed}; ${missing ?? "by ss"})`, async () => {
  const draw = random();
  const app = await tcpServer(server.address, (socket) => {
    socket.on("data", (bytes: Buffer) => socket.write(bytes.subarray(0, Math.ceil(bytes.length / 2))));
  });
  mesh.onStop(app.close);
  await route(app.port, "tcp");
  const sockets = Array.from({ length: 10 }, dial);
  let sentBytes = 0;
  for (const socket of sockets) {
    socket.resume();
    for (let at = 0; at < 20; at++) {
      const bytes = Buffer.alloc(1 + Math.floor(draw() ** 4 * 300_000));
      sentBytes += bytes.length;
      socket.write(bytes);
      if (draw() < 0.3) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const arrived = async () => (await countersOf(server)).towards === sentBytes;
  await waitUntil(arrived, { what: "all has arrived", timeoutMs: 10_000 });
  const counted = await expectExact(app.port, 10);
  expect(counted.back).toBeGreaterThan(sentBytes / 2 - 1);
  expectClient(counted);
});

test.skipIf(missing)(`HTTP/1.1, pipelined, in pieces that end anywhere (seed ${seed})`, async () => {
  const draw = random();
  const app = await tcpServer(server.address, (socket) => {
    let text = "";
    socket.setEncoding("latin1").on("data", (piece) => {
      text += piece;
      for (let end = text.indexOf("end!"); end >= 0; end = text.indexOf("end!")) {
        text = text.slice(end + 4);
        const body = "y".repeat(Math.floor(draw() * 3000));
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      }
    });
  });
  mesh.onStop(app.close);
  await route(app.port, "http1");
  const socket = dial();
  let answers = "";
  socket.setEncoding("latin1").on("data", (piece) => {
    answers += piece;
  });
  const requests = Array.from({ length: 100 }, () => {
    const body = `${"x".repeat(Math.floor(draw() * 2000))}end!`;
    return `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  }).join("");
  for (let at = 0; at < requests.length; ) {
    const next = at + 1 + Math.floor(draw() * 5000);
    socket.write(requests.slice(at, next));
    at = next;
    if (draw() < 0.3) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const what = "all are answered";
  await waitUntil(() => answers.split("HTTP/1.1").length === 101, { what, timeoutMs: 10_000 });
  await waitUntil(async () => (await sumOf(server.proxy, "istio_requests_total")) === 100, { what, timeoutMs: 5000 });
  const counted = await expectExact(app.port, 1);
  expect(counted.towards).toBe(requests.length);
  expectClient(counted);
  // Of a connection of nothing but whole messages they are the messages.
  for (const { proxy } of [client, server]) {
    expect(await sumOf(proxy, "istio_request_bytes_sum")).toBe(counted.towards);
    expect(await sumOf(proxy, "istio_response_bytes_sum")).toBe(counted.back);
  }
});

test.skipIf(missing)("HTTP/2, whose frames the client's proxy writes anew", async () => {
  const app = createH2Server();
  app.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => app.close());
  const { port } = app.address() as AddressInfo;
  await route(port, "h2c");
  const session = connectH2(`http://${client.address}:${listenPort}`);
  mesh.onStop(() => session.destroy());
  for (let at = 0; at < 20; at++) {
    const stream = session.request({ ":path": `/${at}`, ":method": "POST" });
    stream.resume();
    stream.end(Buffer.alloc(at * 4000));
    await once(stream, "close");
  }
  await waitUntil(async () => (await sumOf(server.proxy, "istio_requests_total")) === 20, {
    what: "20 requests",
    timeoutMs: 5000,
  });
  await expectExact(port, 1);
});
