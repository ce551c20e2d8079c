/** What the two proxies of a connection log of HTTP/1.1, HTTP/2, TCP and UDP. */
import { once } from "node:events";
import { createServer, type RequestListener, request } from "node:http";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AccessRule, Upstream } from "../../core/model/mesh-snapshot.ts";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestLogs, type TestLogs } from "./mesh-proxy-access-log-setup.ts";
import {
  applyPath,
  ask as askOnPath,
  createPathMesh,
  echoApp,
  exchange,
  passingFunction,
  httpApp as pathHttpApp,
} from "./mesh-proxy-path-setup.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";
import { udpApp, udpClient } from "./mesh-proxy-udp-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let logs: TestLogs;
let client: TestPod;
let server: TestPod;

beforeEach(() => {
  mesh = createTestMesh("127.77.81");
  logs = createTestLogs(mesh);
});
afterEach(() => mesh.stop());

async function startPods(config: Partial<ProxyConfigInput> = {}): Promise<void> {
  client = await mesh.pod("client-0", { accessLogFile: logs.fileOf("client-0"), ...config });
  server = await mesh.pod("server-0", { accessLogFile: logs.fileOf("server-0"), ...config });
}

async function route(appPort: number, fields: Partial<Upstream> = {}, rules?: readonly AccessRule[]): Promise<void> {
  await server.apply({ access: rules && { rules, http1Ports: [appPort] } });
  const endpoints = [server.endpoint(appPort)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints, ...fields })] });
}

async function httpApp(listener: RequestListener): Promise<number> {
  const app = createServer(listener);
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.close();
    app.closeAllConnections();
  });
  return (app.address() as AddressInfo).port;
}

function dial(): Socket {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on("close", () => resolve()));
}

/** @returns the status, and 0 when the connection broke before the end */
async function ask(path: string, headers: Record<string, string> = {}, body = ""): Promise<number> {
  const method = body === "" ? "GET" : "POST";
  const outgoing = request({ host: client.address, port: listenPort, path, method, headers, agent: false });
  outgoing.on("error", () => {});
  outgoing.end(body);
  try {
    const [incoming] = await once(outgoing, "response");
    for await (const _ of incoming);
    return incoming.statusCode;
  } catch {
    return 0;
  }
}

test("a request of HTTP/1.1 has a line at both ends, with who, what, how long and how much", async () => {
  await startPods();
  const port = await httpApp((incoming, response) => {
    incoming.resume();
    incoming.on("end", () => response.writeHead(201).end("hello"));
  });
  await route(port);
  expect(await ask("/a/b?c=d", { "user-agent": "test/1", host: "svc.core:80" }, "12345")).toBe(201);
  const [source] = await logs.lines("client-0", 1);
  const [destination] = await logs.lines("server-0", 1);
  const both = {
    protocol: "HTTP/1.1",
    method: "POST",
    path: "/a/b?c=d",
    authority: "svc.core:80",
    user_agent: "test/1",
    response_code: 201,
    response_flags: "-",
    source_pod: "client-0",
    source_workload_namespace: "core",
    destination_pod: "server-0",
    destination_node: "n-server-0",
    connection_security_policy: "none",
  };
  const upstreamHost = `${server.address}:${server.proxy.addresses.mesh.port}`;
  expect(source).toMatchObject({ ...both, reporter: "source", upstream_host: upstreamHost });
  expect(source).toMatchObject({ destination_service: "svc.core.svc.cluster.local" });
  const appHost = `${server.address}:${port}`;
  expect(destination).toMatchObject({ ...both, reporter: "destination", upstream_host: appHost });
  expect(destination?.downstream_remote_address).toBe(source?.downstream_remote_address);
  expect(destination?.downstream_remote_address).toMatch(new RegExp(`^${client.address}:\\d+$`));
  // Lines and counters are of one measurement.
  for (const [pod, line] of [
    [client, source],
    [server, destination],
  ] as const) {
    // biome-ignore format: pairs
    expect(line?.bytes_received).toBe(await sumOf(pod.proxy, "istio_request_bytes_sum"));
    expect(line?.bytes_sent).toBe(await sumOf(pod.proxy, "istio_response_bytes_sum"));
    expect(line?.bytes_received).toBe(await sumOf(pod.proxy, "istio_tcp_received_bytes_total"));
    expect(line?.bytes_sent).toBe(await sumOf(pod.proxy, "istio_tcp_sent_bytes_total"));
    expect(line?.duration).toBeCloseTo(await sumOf(pod.proxy, "istio_request_duration_milliseconds_sum"), 2);
  }
});

test("pipelined requests have lines in their order", async () => {
  await startPods();
  await route(await httpApp((incoming, response) => response.end(incoming.url)));
  const socket = dial();
  const paths = Array.from({ length: 20 }, (_, at) => `/${at}`);
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(""));
  for (const pod of ["client-0", "server-0"])
    expect((await logs.lines(pod, 20)).map(({ path }) => path)).toEqual(paths);
});

test("requests behind the last one that is answered have a line, too", async () => {
  await startPods();
  const port = await httpApp((_, response) => response.setHeader("connection", "close").end());
  await route(port);
  const socket = dial();
  socket.resume();
  socket.write(["/first", "/second", "/third"].map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(""));
  await once(socket, "end");
  socket.end();
  const lines = await logs.lines("client-0", 3);
  expect(lines.map(({ path, response_code, response_flags }) => [path, response_code, response_flags])).toEqual([
    ["/first", 200, "-"],
    ["/second", 0, "UC"],
    ["/third", 0, "UC"],
  ]);
});

test("what a client makes up stays one line, bounded", async () => {
  await startPods();
  await route(await httpApp((_, response) => response.end()));
  const socket = dial();
  const target = `/"\\${"x".repeat(3000)}\x80\xff`;
  socket.write(Buffer.from(`GET ${target} HTTP/1.1\r\nhost: a"b\r\nuser-agent: "\\\t{}\r\n\r\n`, "latin1"));
  const [line] = await logs.lines("client-0", 1);
  expect(line?.path).toBe(`${target.slice(0, 512)}…`);
  expect(line).toMatchObject({ authority: 'a"b' });
});

test("who broke it, the flags say", async () => {
  await startPods({ takenTimeoutMs: 300, connectAttemptsMax: 1 });
  const port = await httpApp((incoming, response) => {
    if (incoming.url === "/never") return;
    if (incoming.url === "/dies") return void response.socket?.destroy();
    response.writeHead(200, { "content-length": "10" });
    response.write("half");
    if (incoming.url === "/half") setTimeout(() => response.socket?.resetAndDestroy(), 30);
  });
  await route(port);
  expect(await ask("/dies")).toBe(502);
  expect(await ask("/half")).toBe(0);
  const socket = dial();
  socket.write("GET /never HTTP/1.1\r\nhost: a\r\n\r\n");
  await waitUntil(async () => (await sumOf(server.proxy, "weft_proxy_connections")) > 0, {
    what: "it came",
    timeoutMs: 5000,
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.resetAndDestroy();
  const malformed = dial();
  malformed.write("GET / HTTP/9.9\r\n\r\n");
  await once(malformed, "data");
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: [] })] });
  expect(await ask("/nowhere")).toBe(503);
  const told = (await logs.lines("client-0", 5)).map((line) => [
    line.path,
    line.response_code,
    line.response_flags,
    line.response_code_details,
  ]);
  expect(told).toEqual([
    ["/dies", 502, "UC", "upstream-failed"],
    ["/half", 200, "UC", undefined],
    ["/never", 0, "DC", undefined],
    [undefined, undefined, "DPE", "request-malformed"],
    ["/nowhere", 503, "UH", "no-endpoint"],
  ]);
  const seen = (await logs.lines("server-0", 4)).map((line) => [line.path, line.response_code, line.response_flags]);
  // It was sent once more.
  expect(seen).toEqual([
    ["/dies", 0, "UC"],
    ["/dies", 0, "UC"],
    ["/half", 200, "UC"],
    ["/never", 0, "DC"],
  ]);
});

test("a connection that nobody took has a line with the reason", async () => {
  await startPods({ connectAttemptsMax: 1 });
  const app = await tcpServer(server.address, () => {});
  app.close();
  await route(app.port, { protocol: "tcp" });
  const socket = dial();
  await closed(socket);
  const [source] = await logs.lines("client-0", 1);
  expect(source).toMatchObject({ protocol: "TCP", response_flags: "UH", response_code_details: "no_endpoint" });
  expect(source).toMatchObject({ source_pod: "client-0", destination_pod: "unknown", destination_service_name: "svc" });
  const [destination] = await logs.lines("server-0", 1);
  expect(destination).toMatchObject({
    response_flags: "UF",
    response_code_details: "app_refused",
    source_pod: "client-0",
  });
});

test("TCP connections have a line when they end, with every byte", async () => {
  await startPods();
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  await route(app.port, { protocol: "tcp" });
  const socket = dial();
  socket.end(Buffer.alloc(300_000, "x"));
  let byteCount = 0;
  for await (const piece of socket) byteCount += piece.length;
  expect(byteCount).toBe(300_000);
  for (const [pod, reporter] of [
    ["client-0", "source"],
    ["server-0", "destination"],
  ] as const) {
    // biome-ignore format: pairs
    const [line] = await logs.lines(pod, 1);
    const bytes = { bytes_received: 300_000, bytes_sent: 300_000 };
    expect(line).toMatchObject({ protocol: "TCP", reporter, response_flags: "-", ...bytes });
    expect(line).not.toHaveProperty("method");
  }
});

test("a TCP connection that was reset says by whom", async () => {
  await startPods();
  const app = await tcpServer(server.address, (socket) => {
    socket.on("data", (bytes) => String(bytes) === "die" && socket.resetAndDestroy());
  });
  mesh.onStop(app.close);
  await route(app.port, { protocol: "tcp" });
  const first = dial();
  first.write("die");
  await closed(first);
  await logs.lines("server-0", 1);
  const second = dial();
  second.write("hold");
  await waitUntil(async () => (await sumOf(server.proxy, "istio_tcp_received_bytes_total")) === 7, {
    what: "7 bytes",
    timeoutMs: 5000,
  });
  second.resetAndDestroy();
  for (const pod of ["client-0", "server-0"])
    expect((await logs.lines(pod, 2)).map((line) => line.response_flags)).toEqual(["UC", "DC"]);
});

test("HTTP/2 has a line for each stream, whichever way the streams went", async () => {
  await startPods();
  const app = createH2Server();
  app.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.respond({ ":status": headers[":path"] === "/bad" ? 500 : 200, "grpc-status": "0" });
    stream.end("ok");
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => app.close());
  await route((app.address() as AddressInfo).port, { protocol: "h2c" });
  const session = connectH2(`http://${client.address}:${listenPort}`);
  mesh.onStop(() => session.destroy());
  for (const path of ["/a", "/bad"]) {
    const stream = session.request({ ":path": path, ":authority": "svc", "user-agent": "grpc" });
    stream.resume();
    await once(stream, "close");
  }
  for (const pod of ["client-0", "server-0"]) {
    const lines = await logs.lines(pod, 2);
    const common = {
      protocol: "HTTP/2",
      method: "GET",
      authority: "svc",
      user_agent: "grpc",
      destination_pod: "server-0",
    };
    expect(lines[0]).toMatchObject({ ...common, path: "/a", response_code: 200, grpc_status: 0 });
    expect(lines[1]).toMatchObject({ ...common, path: "/bad", response_code: 500 });
    expect(lines[0]?.upstream_host).toMatch(/^127\.77\.81\.2:\d+$/);
  }
});

test.each(["http1", "h2c", "tcp"] as const)(
  "along a chain of %s every hop has a line, with its function, path and index",
  async (protocol) => {
    const folder = logs.fileOf("");
    const path = await createPathMesh("127.77.87", {}, { accessLogFile: folder });
    try {
      const app = createH2Server((_, response) => response.end("ok"));
      app.listen(0, path.server.address);
      await once(app, "listening");
      path.mesh.onStop(() => app.close());
      const ports = {
        first: (await passingFunction(path, path.first)).port,
        second: (await passingFunction(path, path.second)).port,
        app:
          protocol === "h2c"
            ? (app.address() as AddressInfo).port
            : protocol === "tcp"
              ? await echoApp(path)
              : await pathHttpApp(path),
      };
      await applyPath(path, { protocol, ports });
      if (protocol === "tcp") expect(await exchange(path, "12345")).toBe("12345");
      else if (protocol === "http1") await askOnPath(path, "/chained");
      else {
        const session = connectH2(`http://${path.client.address}:${listenPort}`);
        const stream = session.request({ ":path": "/chained" });
        stream.resume();
        await once(stream, "close");
        session.destroy();
      }
      const lines = await logs.lines("", 4);
      const told = lines.map((line) => [
        line.reporter,
        line.weft_chain,
        line.weft_spi,
        line.weft_hop,
        line.weft_function,
        line.path,
      ]);
      const target = protocol === "tcp" ? undefined : "/chained";
      expect(
        told.toSorted((a, b) => String(b[3]).localeCompare(String(a[3])) || String(b[0]).localeCompare(String(a[0]))),
      ).toEqual([
        ["source", "n6", "7", "2", undefined, target],
        ["destination", "n6", "7", "2", "fw", target],
        ["destination", "n6", "7", "1", "dpi", target],
        ["destination", "n6", "7", "0", undefined, target],
      ]);
      expect(new Set(lines.map((line) => line.downstream_remote_address)).size).toBe(1);
      expect(lines.every((line) => line.response_flags === "-")).toBe(true);
    } finally {
      await path.mesh.stop();
    }
  },
);

test("UDP sessions have a line when they are over", async () => {
  await startPods({ udpIdleTimeoutMs: 200 });
  const app = await udpApp(mesh, server.address);
  await server.apply({});
  const endpoints = [server.endpoint(app.port)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "udp", endpoints })] });
  const sender = await udpClient(mesh, { host: client.address, port: listenPort });
  await sender.insist("12345");
  await sender.ask("678");
  for (const pod of ["client-0", "server-0"]) {
    const [line] = await logs.lines(pod, 1);
    expect(line).toMatchObject({ protocol: "UDP", response_flags: "-", destination_pod: "server-0" });
    expect(line?.downstream_remote_address).toBe(`${client.address}:${sender.port}`);
    // The first may have been sent more than once.
    expect(line?.bytes_received).toBe(line?.bytes_sent);
    expect(((line?.bytes_received ?? 0) - 3) % 5).toBe(0);
  }
});

test("what a policy decided of a request stands on its line", async () => {
  await startPods();
  const rules: readonly AccessRule[] = [
    { policy: "core/p", name: "open", action: "Allow", from: [], to: [{ paths: ["/open*"] }] },
    { policy: "core/q", name: "closed", action: "Deny", from: [], to: [{ paths: ["/open/not"] }] },
  ];
  await route(await httpApp((_, response) => response.end()), {}, rules);
  expect([await ask("/open"), await ask("/open/not"), await ask("/other")]).toEqual([200, 403, 403]);
  const lines = await logs.lines("server-0", 3);
  expect(lines.map((line) => [line.weft_policy_decision, line.weft_policy, line.response_flags])).toEqual([
    ["allowed", "core/p/open", "-"],
    ["denied", "core/q/closed", "UAEX"],
    ["denied", undefined, "UAEX"],
  ]);
});

test("of what is not sampled errors are logged all the same, unless told", async () => {
  await startPods({ accessLogShare: 0 });
  await route(await httpApp((incoming, response) => response.writeHead(incoming.url === "/bad" ? 503 : 404).end()));
  for (const path of ["/a", "/bad", "/b"]) await ask(path);
  for (const pod of ["client-0", "server-0"])
    expect((await logs.lines(pod, 1))[0]).toMatchObject({ path: "/bad", response_code: 503 });
});

test("a share of requests is logged, of a trace by both proxies or by none", async () => {
  await startPods({ accessLogShare: 0.5, accessLogErrors: false });
  await route(await httpApp((_, response) => response.writeHead(500).end()));
  const ids = ["0000000000000000000000000000001", "00000000000000000ffffffffffffff"].map((id) => `1${id}`);
  for (const id of ids) await ask(`/${id}`, { traceparent: `00-${id}-b7ad6b7169203331-00` });
  for (const pod of ["client-0", "server-0"]) {
    const [line] = await logs.lines(pod, 1);
    expect(line).toMatchObject({ path: `/${ids[0]}`, trace_id: ids[0] });
  }
});

test("a log that cannot be written costs lines, and is counted", async () => {
  await startPods({ accessLogFile: "/dev/full" });
  await route(await httpApp((_, response) => response.end()));
  for (let at = 0; at < 5; at++) expect(await ask("/")).toBe(200);
  const dropped = async () => (await sumOf(client.proxy, "weft_access_log_dropped_total")) === 5;
  await waitUntil(dropped, { what: "five lines are dropped", timeoutMs: 5000 });
  expect(await sumOf(client.proxy, "weft_access_log_lines_total")).toBe(5);
});

test("what waits to be logged is written when the proxy stops", async () => {
  await startPods();
  await route(await httpApp((_, response) => response.end()));
  await ask("/last");
  await Promise.all([client.proxy.stop(), server.proxy.stop()]);
  expect(await logs.lines("client-0", 1)).toHaveLength(1);
});

test("a file that cannot be opened is an error of the configuration", async () => {
  await expect(startPods({ accessLogFile: "/nowhere/log" })).rejects.toThrow(/accessLogFile: ENOENT/);
});
