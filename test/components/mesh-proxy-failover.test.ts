/** Instances die in every way that instances die, and flows find another one. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import {
  type ClientHttp2Session,
  connect as connectH2,
  constants,
  createServer as createH2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AppProtocol } from "../../core/model/service.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;
let instances: Instance[];
let appPort: number;

interface Instance {
  readonly pod: TestPod;
  readonly port: number;
  passedCount: number;
  /** The function is gone, and its proxy stays. */
  close(): void;
}

beforeEach(async () => {
  mesh = createTestMesh("127.77.33");
  // However slow this machine is, nobody is taken for dead, or forgiven, within the test.
  client = await mesh.pod("client-0", { takenTimeoutMs: 600_000, ejectionMs: 600_000 });
  server = await mesh.pod("server-0");
  const app = await tcpServer(server.address, (socket) => {
    let text = "";
    socket.on("data", (bytes: Buffer) => {
      text += bytes;
      if (!/^(GET|POST)/.test(text)) return socket.write(bytes);
      const parts = text.split("\r\n\r\n");
      text = parts.pop() ?? "";
      return socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".repeat(parts.length));
    });
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  appPort = app.port;
  instances = [];
  for (const at of [0, 1, 2]) instances.push(await startInstance(at));
});
afterEach(() => mesh.stop());

async function startInstance(at: number): Promise<Instance> {
  const pod = await mesh.pod(`fw-${at}`);
  const app = await tcpServer(pod.address, (socket) => {
    socket.on("data", (bytes: Buffer) => {
      instance.passedCount += String(bytes).split(/GET |POST /).length - 1;
      socket.write(bytes);
    });
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  const instance: Instance = { pod, port: app.port, passedCount: 0, close: app.close };
  return instance;
}

async function applyPath(protocol: AppProtocol, next = instances.map(({ pod, port }) => pod.endpoint(port))) {
  const chain = "core/chain";
  await server.apply({});
  for (const { pod, port } of instances) {
    const local = { name: "fw", port, hasProxyProtocol: false, failurePolicy: "Block", mode: "Forward" } as const;
    const hop = { chain, spi: 7, serviceIndex: 1, next: [server.endpoint(appPort)], isSymmetric: false, protocol };
    await pod.apply({ hops: [{ ...hop, function: local }] });
  }
  const path = { chain, spi: 7, serviceIndex: 1, next };
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(appPort)], path })] });
}

/** A flow of its own. @returns whether it came back whole. */
async function flow(text: string): Promise<boolean> {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  mesh.onStop(() => socket.destroy());
  socket.end(text);
  let answer = "";
  try {
    for await (const piece of socket) answer += piece;
  } catch {
    return false;
  }
  return answer === text;
}

async function flows(count: number): Promise<number> {
  const whole = await Promise.all(Array.from({ length: count }, (_, at) => flow(`flow ${at}`)));
  return whole.filter(Boolean).length;
}

function asker() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  return async (method = "GET"): Promise<number> => {
    const outgoing = request({ host: client.address, port: listenPort, path: "/", method, agent, headers: { "content-length": "0" } }); // biome-ignore format: short
    outgoing.end();
    const [response] = await once(outgoing, "response");
    for await (const _ of response);
    return response.statusCode;
  };
}

const dialled = (verdict: string) => sumOf(client.proxy, "weft_proxy_refused_dials_total", { verdict });

test("no TCP flow is lost when a function refuses behind a proxy that answers, and it is asked once only", async () => {
  await applyPath("tcp");
  expect(await flows(20)).toBe(20);
  instances[0]?.close();
  for (let at = 0; at < 50; at++) expect(await flow(`flow ${at}`)).toBe(true);
  expect(await dialled("refused")).toBe(1);
  expect(await sumOf(client.proxy, "weft_proxy_failed_flows_total")).toBe(0);
});

test("no TCP flow is lost when an instance is frozen: its kernel answers, and it does not", async () => {
  client = await mesh.pod("hasty-0", { takenTimeoutMs: 50 });
  const frozen = await tcpServer("127.77.33.200", () => {});
  mesh.onStop(frozen.close);
  const [first, ...others] = instances.map(({ pod, port }) => pod.endpoint(port));
  if (first === undefined) throw new Error("no instance");
  await applyPath("tcp", [{ ...first, address: "127.77.33.200", port: frozen.port }, ...others]);
  for (let at = 0; at < 50; at++) expect(await flow(`flow ${at}`)).toBe(true);
  expect(await dialled("refused")).toBeGreaterThanOrEqual(1);
});

test("when no instance is left that accepts, the flow is refused, and each was asked", async () => {
  await applyPath("tcp");
  for (const instance of instances) instance.close();
  expect(await flow("x")).toBe(false);
  expect(await dialled("refused")).toBe(3);
  expect(await sumOf(client.proxy, "weft_proxy_refused_connections_total", { reason: "no_endpoint" })).toBe(1);
});

test("an instance from which traffic cannot go on is passed by, and blamed for nothing", async () => {
  await applyPath("tcp");
  await instances[0]?.pod.apply({ hops: [] });
  for (let at = 0; at < 60; at++) expect(await flow(`flow ${at}`)).toBe(true);
  expect(await dialled("refused")).toBe(0);
  expect(await dialled("stranded")).toBeGreaterThan(1);
});

test("no request is lost, not even a POST, when a function refuses behind a proxy that answers", async () => {
  await applyPath("http1");
  // So many that some are the dead instance's, whatever their ports are.
  const askers = Array.from({ length: 50 }, asker);
  instances[0]?.close();
  for (let round = 0; round < 3; round++) {
    for (const ask of askers) expect(await ask(round % 2 === 0 ? "POST" : "GET")).toBe(200);
  }
  expect(await dialled("refused")).toBe(1);
  expect(instances[0]?.passedCount).toBe(0);
});

test("an instance that never answers is given up after responseTimeoutMs, and what may go again goes elsewhere", async () => {
  client = await mesh.pod("waiting-0", { responseTimeoutMs: 100, ejectionMs: 600_000 });
  const stuckPod = await mesh.pod("stuck-0");
  const silent = await tcpServer(stuckPod.address, () => {});
  mesh.onStop(silent.close);
  await server.apply({});
  await stuckPod.apply({});
  const stuck = stuckPod.endpoint(silent.port, 1_000_000);
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: [stuck, server.endpoint(appPort)] })] }); // biome-ignore format: short
  const ask = asker();
  for (let round = 0; round < 5; round++) expect(await ask("GET")).toBe(200);
});

test("an instance that breaks off again and again is passed over", async () => {
  client = await mesh.pod("counting-0", { failuresMax: 2, ejectionMs: 600_000 });
  let brokenCount = 0;
  const brokenPod = await mesh.pod("broken-0");
  const broken = await tcpServer(brokenPod.address, (socket) => socket.once("data", () => {
    brokenCount++;
    socket.resetAndDestroy();
  })); // biome-ignore format: short
  mesh.onStop(broken.close);
  await server.apply({});
  await brokenPod.apply({});
  const bad = brokenPod.endpoint(broken.port, 1_000_000);
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: [bad, server.endpoint(appPort)] })] }); // biome-ignore format: short
  const statuses: number[] = [];
  for (let round = 0; round < 6; round++) statuses.push(await asker()("POST"));
  expect(statuses).toEqual([502, 502, 200, 200, 200, 200]);
  expect(brokenCount).toBe(2);
});

/** The broken endpoint takes all connections while it is not passed over. */
async function applyBroken(protocol: AppProtocol, onConnection: (socket: Socket) => unknown): Promise<void> {
  const brokenPod = await mesh.pod("broken-0");
  const broken = await tcpServer(brokenPod.address, onConnection);
  mesh.onStop(broken.close);
  await server.apply({});
  await brokenPod.apply({});
  const endpoints = [brokenPod.endpoint(broken.port), server.endpoint(appPort, 0)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints })] });
}

const breaks = [
  { name: "resets them", breakOff: (socket: Socket) => socket.resetAndDestroy() },
  { name: "ends them without a word", breakOff: (socket: Socket) => socket.end() },
];

test.each(breaks)("an endpoint that takes TCP connections and $name is passed over", async ({ breakOff }) => {
  client = await mesh.pod("counting-0", { failuresMax: 2, ejectionMs: 600_000 });
  await applyBroken("tcp", (socket) => socket.once("data", () => breakOff(socket)));
  const outcomes: boolean[] = [];
  for (let at = 0; at < 5; at++) outcomes.push(await dialogue("hello"));
  expect(outcomes).toEqual([false, false, true, true, true]);
});

/** A flow whose client waits for the answer before it ends. */
async function dialogue(text: string): Promise<boolean> {
  const socket = connect({ host: client.address, port: listenPort });
  mesh.onStop(() => socket.destroy());
  socket.write(text);
  const closed = once(socket, "close").then(() => "");
  const answer = await Promise.race([once(socket, "data").then(String), closed]).catch(() => "");
  socket.end();
  return answer === text;
}

test("clients that give up before the answer are not held against the endpoint", async () => {
  client = await mesh.pod("counting-0", { failuresMax: 2, ejectionMs: 600_000 });
  let heardCount = 0;
  let isDumb = true;
  await applyBroken("tcp", (socket) => {
    socket.on("data", (bytes: Buffer) => {
      heardCount++;
      if (!isDumb) socket.write(bytes);
    });
  });
  for (let at = 1; at <= 4; at++) {
    const socket = connect({ host: client.address, port: listenPort });
    socket.write("hello");
    await expect.poll(() => heardCount).toBe(at);
    socket.resetAndDestroy();
    await expect.poll(() => sumOf(client.proxy, "weft_proxy_connections")).toBe(0);
  }
  isDumb = false;
  expect(await dialogue("hello")).toBe(true);
  expect(heardCount).toBe(5);
});

/** What a client of HTTP/2 gets from the pods in turn: each answers with its name. */
async function applyH2(onStream: (stream: ServerHttp2Stream, session: ServerHttp2Session) => unknown): Promise<void> {
  const brokenPod = await mesh.pod("broken-0");
  const serve = async (host: string, onRequest: typeof onStream) => {
    const app = createH2Server();
    app.on("stream", (stream: ServerHttp2Stream) => stream.session && onRequest(stream, stream.session as ServerHttp2Session)); // biome-ignore format: short
    app.on("sessionError", () => {});
    app.listen(0, host);
    await once(app, "listening");
    mesh.onStop(() => app.close());
    return (app.address() as { port: number }).port;
  };
  const bad = brokenPod.endpoint(await serve(brokenPod.address, onStream));
  const good = await serve(server.address, (stream) => {
    stream.respond({ ":status": 200 });
    stream.end("good");
  });
  await server.apply({});
  await brokenPod.apply({});
  const endpoints = [bad, server.endpoint(good, 0)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints })] });
}

function h2Session(): ClientHttp2Session {
  const session = connectH2(`http://${client.address}:${listenPort}`);
  session.on("error", () => {});
  mesh.onStop(() => session.destroy());
  return session;
}

async function askH2(session: ClientHttp2Session): Promise<string> {
  let answer = "";
  try {
    for await (const piece of session.request({ ":path": "/" })) answer += piece;
  } catch {
    return "failed";
  }
  return answer;
}

test("an endpoint that refuses streams of HTTP/2 is passed over, and no client sees it", async () => {
  client = await mesh.pod("counting-0", { failuresMax: 2, ejectionMs: 600_000 });
  let refusedCount = 0;
  await applyH2((stream) => {
    refusedCount++;
    stream.on("error", () => {});
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
  });
  const session = h2Session();
  for (let at = 0; at < 4; at++) expect(await askH2(session)).toBe("good");
  expect(refusedCount).toBe(2);
});

test("an endpoint that breaks connections of HTTP/2 off before any answer is passed over", async () => {
  client = await mesh.pod("counting-0", { failuresMax: 2, ejectionMs: 600_000 });
  await applyH2((_, session) => session.destroy());
  const answers: string[] = [];
  for (let at = 0; at < 4; at++) answers.push(await askH2(h2Session()));
  expect(answers.slice(2)).toEqual(["good", "good"]);
});

test("clients that cancel streams of HTTP/2 are not held against the endpoint", async () => {
  client = await mesh.pod("counting-0", { failuresMax: 2, ejectionMs: 600_000 });
  const heard: ServerHttp2Stream[] = [];
  await applyH2((stream) => {
    stream.on("error", () => {});
    heard.push(stream);
    if (heard.length <= 4) return;
    stream.respond({ ":status": 200 });
    stream.end("bad");
  });
  const session = h2Session();
  for (let at = 1; at <= 4; at++) {
    const stream = session.request({ ":path": "/" });
    stream.on("error", () => {});
    await expect.poll(() => heard.length).toBe(at);
    stream.close(constants.NGHTTP2_CANCEL);
    await once(stream, "close");
  }
  expect(await askH2(session)).toBe("bad");
});

test("an instance that is killed under load costs the requests that were in flight on it, and no others", async () => {
  await applyPath("http1");
  let isKilled = false;
  const counts = { answered: 0, failed: 0, afterKill: 0 };
  const workers = Array.from({ length: 24 }, async () => {
    const ask = asker();
    for (let sent = 0; sent < 40 || !isKilled; sent++) {
      const status = await ask("POST").catch(() => 0);
      if (status === 200) counts.answered++;
      else counts.failed++;
      if (isKilled) counts.afterKill++;
    }
    for (let last = 0; last < 10; last++) expect(await ask("POST")).toBe(200);
  });
  await expect.poll(() => instances.every(({ passedCount }) => passedCount > 10)).toBe(true);
  const [victim] = instances;
  victim?.close();
  await victim?.pod.proxy.stop({ drainMs: 0 });
  isKilled = true;
  await Promise.all(workers);
  // Each worker has one request in flight at a time, and those of the victim's share can have been there.
  expect(counts.failed).toBeLessThanOrEqual(workers.length);
  expect(counts.answered).toBeGreaterThanOrEqual(24 * 40 - counts.failed);
  expect(counts.afterKill).toBeGreaterThan(0);
});
