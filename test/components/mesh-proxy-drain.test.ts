import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.4");
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

function dialUpstream(): Socket {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  return socket;
}

/** @returns whether it closed out of order. */
function closeOf(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => socket.once("close", resolve));
}

test("a draining proxy is not ready, takes nothing new, and waits for what is going on", async () => {
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(app.port)] })] });
  const socket = dialUpstream();
  socket.write("one");
  await once(socket, "data");
  const readyz = `${server.proxy.addresses.admin.url}/readyz`;
  expect((await fetch(readyz)).status).toBe(200);
  const stopping = server.proxy.stop({ drainMs: 30_000 });
  await waitUntil(async () => (await fetch(readyz)).status === 503, { what: "not ready", timeoutMs: 5000 });
  expect(await (await fetch(readyz)).text()).toContain("draining");
  const late = dialUpstream();
  await closeOf(late);
  socket.end("two");
  const [piece] = await once(socket, "data");
  expect(String(piece)).toBe("two");
  expect(await stopping).toEqual({ cut: [] });
});

test("a TCP connection that does not end is cut after the drain, and named", async () => {
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(app.port)] })] });
  const socket = dialUpstream();
  socket.write("one");
  await once(socket, "data");
  const closed = closeOf(socket);
  expect(await server.proxy.stop({ drainMs: 50 })).toEqual({ cut: ["inbound from core/client-0"] });
  expect(await closed).toBe(true);
});

test("HTTP/1.1 in flight is answered, then its connection closes; an idle one closes at once", async () => {
  const release = Promise.withResolvers<void>();
  const app = createServer(async (incoming, response) => {
    if (incoming.url === "/slow") await release.promise;
    response.end("done");
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => app.closeAllConnections());
  mesh.onStop(() => app.close());
  const { port } = app.address() as { port: number };
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: [server.endpoint(port)] })] });
  const ask = (path: string) => {
    const socket = dialUpstream();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  };
  const idle = ask("/quick");
  await once(idle, "data");
  const slow = ask("/slow");
  await waitUntil(async () => (await sumOf(server.proxy, "weft_proxy_connections")) === 2, {
    what: "both are there",
    timeoutMs: 5000,
  });
  const stopping = Promise.all([server.proxy.stop({ drainMs: 30_000 }), client.proxy.stop({ drainMs: 30_000 })]);
  await once(idle.resume(), "end");
  idle.end();
  release.resolve();
  let answer = "";
  for await (const piece of slow) answer += piece;
  expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*done/);
  expect(await stopping).toEqual([{ cut: [] }, { cut: [] }]);
});

test("an HTTP/2 client is told to go away, and its streams end in order", async () => {
  const release = Promise.withResolvers<void>();
  const app = createH2Server();
  app.on("stream", async (stream: ServerHttp2Stream) => {
    await release.promise;
    stream.respond({ ":status": 200 });
    stream.end("done");
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => app.close());
  const { port } = app.address() as { port: number };
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints: [server.endpoint(port)] })] });
  const session = connectH2(`http://${client.address}:${listenPort}`);
  mesh.onStop(() => session.destroy());
  const stream = session.request({ ":path": "/" });
  await waitUntil(async () => (await sumOf(server.proxy, "istio_tcp_received_bytes_total")) > 0, {
    what: "the request is there",
    timeoutMs: 5000,
  });
  const lastStreamIds: number[] = [];
  session.on("goaway", (_, lastStreamId: number) => lastStreamIds.push(lastStreamId));
  const stopping = Promise.all([server.proxy.stop({ drainMs: 30_000 }), client.proxy.stop({ drainMs: 30_000 })]);
  // A warning first, and when no more requests can be on their way the last that is served.
  await expect.poll(() => lastStreamIds).toEqual([2 ** 31 - 1, 1]);
  release.resolve();
  let answer = "";
  for await (const piece of stream) answer += piece;
  expect(answer).toBe("done");
  expect(await stopping).toEqual([{ cut: [] }, { cut: [] }]);
});

test("no request is lost, not even a POST, when one of two endpoints drains under load", async () => {
  const other = await mesh.pod("server-1");
  const ports = [];
  for (const pod of [server, other]) {
    const app = createServer((_, response) => response.end(pod.name));
    app.listen(0, pod.address);
    await once(app, "listening");
    mesh.onStop(() => app.closeAllConnections());
    mesh.onStop(() => app.close());
    ports.push((app.address() as { port: number }).port);
    await pod.apply({});
  }
  const endpoints = [server.endpoint(ports[0] ?? 0), other.endpoint(ports[1] ?? 0)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints })] });
  let isAsking = true;
  const answers: string[] = [];
  const worker = async () => {
    while (isAsking) await askUntilToldToStop();
  };
  const askUntilToldToStop = async () => {
    const socket = dialUpstream();
    socket.setEncoding("latin1");
    const ask = () => socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
    ask();
    for await (const answer of socket) {
      answers.push(/^HTTP\/1\.1 200 /.test(answer) ? answer.slice(-8) : answer);
      if (!isAsking || /\r\nconnection: close\r\n/i.test(answer)) return socket.end();
      ask();
    }
    return answers.push("closed without a word");
  };
  const workers = Array.from({ length: 20 }, worker);
  await waitUntil(() => answers.includes("server-0") && answers.includes("server-1"), {
    what: "both answer",
    timeoutMs: 5000,
  });
  expect(await server.proxy.stop({ drainMs: 30_000 })).toEqual({ cut: [] });
  const before = answers.length;
  await waitUntil(() => answers.length > before + 200, { what: "the other one takes over", timeoutMs: 10_000 });
  isAsking = false;
  await Promise.all(workers);
  expect(answers.filter((answer) => !answer.startsWith("server-"))).toEqual([]);
});
