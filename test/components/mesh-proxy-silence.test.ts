/** Hosts that are gone without a word: nothing resets their connections, and nothing answers new ones. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type MeshPeer, type MeshSnapshot, meshPort, type Upstream } from "../../core/model/mesh-snapshot.ts";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { type ManagedProcess, startProcess } from "../tools/managed-process.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const subnet = "127.78.52";
const listenPort = 15010;
const host = `${subnet}.100`;
let mesh: TestMesh;
let client: TestPod;
let spare: TestPod;
let folder: string;
let far: ManagedProcess | undefined;
let appPort: number;
const farPeer: MeshPeer = { pod: "core/far-0", address: host, workload: "far", node: "n-far", app: "far" };

beforeEach(() => {
  mesh = createTestMesh(subnet);
  folder = mkdtempSync(path.join(os.tmpdir(), "weft-silence-"));
});
afterEach(async () => {
  await mesh.stop();
  await far?.stop(0);
  rmSync(folder, { recursive: true });
});

/** A client whose traffic prefers the far pod by its weight, and has the other one for when that is gone. */
async function startPods(protocol: "tcp" | "http1", config: Partial<ProxyConfigInput> = {}): Promise<void> {
  // What was given up is not to be tried again within the test.
  client = await mesh.pod("client-0", { ejectionMs: 600_000, ...config });
  spare = await mesh.pod("spare-0");
  appPort = await serve(host, "far");
  await serve(spare.address, "spare", appPort);
  far = await startFarProxy();
  const endpoint = { pod: farPeer.pod, address: host, port: meshPort, appPort, weight: 1 };
  const upstreams = [upstream({ listenPort, protocol, endpoints: [endpoint, spare.endpoint(appPort, 0)] })];
  await spare.apply({});
  expect(client.source.publish(snapshotFor(client.peer, upstreams))).toMatchObject([{ verdict: "accepted" }]);
  await client.proxy.whenRunning(1);
}

function snapshotFor(peer: MeshPeer, upstreams: readonly Upstream[] = []): MeshSnapshot {
  return { version: 1, proxy: peer.pod, peers: [client.peer, spare.peer, farPeer], upstreams, hops: [] };
}

/** Answers HTTP requests, and lines of anything else, with its name. */
async function serve(address: string, name: string, port = 0): Promise<number> {
  const app = await tcpServer(address, (socket) =>
    socket.on("data", (bytes: Buffer) => {
      const isHttp = /^(GET|POST)/.test(String(bytes));
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n`;
      if (!String(bytes).startsWith("think")) socket.write(`${isHttp ? head : ""}${name}`);
    }),
    port,
  ); // biome-ignore format: short
  mesh.onStop(app.close);
  return app.port;
}

/** A proxy of its own process, which can be stopped as a whole; its application lives on here. */
async function startFarProxy(): Promise<ManagedProcess> {
  const snapshotFile = path.join(folder, "snapshot.json");
  writeFileSync(snapshotFile, JSON.stringify(snapshotFor(farPeer)));
  const settings = {
    namespace: "core",
    pod: "far-0",
    podAddress: host,
    appHost: host,
    upstreamHost: host,
    snapshotFile,
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const logPath = path.join(folder, "proxy.log");
  const proxy = startProcess({ name: "far", path: process.execPath, args: ["cli/weft.ts", "proxy", ...args], logPath });
  const isReady = () =>
    fetch(`http://${host}:15020/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  await waitUntil(isReady, { what: "the far proxy is ready", timeoutMs: 30_000, giveUp: () => proxy.ended() });
  return proxy;
}

/** Stops the far proxy, and fills the queue of connections that it has not taken: its kernel drops every further SYN. */
async function silence(): Promise<void> {
  process.kill(far?.pid ?? 0, "SIGSTOP");
  const queueMax = Math.min(1024, Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8")));
  let connectedCount = 0;
  for (let at = 0; at < queueMax + 100; at++) {
    const socket = connect({ host, port: meshPort, localAddress: spare.address }, () => connectedCount++);
    socket.on("error", () => {});
    mesh.onStop(() => socket.destroy());
  }
  await waitUntil(() => connectedCount > queueMax, { what: "the queue is full", timeoutMs: 30_000, pollMs: 10 });
}

function dialUpstream(): Socket {
  const socket = connect({ host: client.address, port: listenPort });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  return socket;
}

async function say(socket: Socket, text = "hello"): Promise<string> {
  socket.write(text);
  const [bytes] = await once(socket, "data");
  return String(bytes);
}

function isClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

const count = (name: string) => sumOf(client.proxy, `weft_proxy_${name}_total`);

test("flows on a host that fell silent are reset, and new ones go elsewhere at once", async () => {
  await startPods("tcp");
  const flows = Array.from({ length: 5 }, dialUpstream);
  for (const flow of flows) expect(await say(flow)).toBe("far");
  await silence();
  flows[0]?.write("is anybody there?");
  await Promise.all(flows.map(isClosed));
  expect(await count("silent_endpoints")).toBe(1);
  expect(await say(dialUpstream())).toBe("spare");
  expect(await count("connect_failures")).toBe(0);
});

test("a flow that says nothing is reset, too", async () => {
  await startPods("tcp");
  const flow = dialUpstream();
  expect(await say(flow)).toBe("far");
  await silence();
  await isClosed(flow);
  expect(await count("silent_endpoints")).toBe(1);
});

test("a silent host is tried once, and passed over until it answers again", async () => {
  await startPods("tcp");
  await silence();
  for (let at = 0; at < 5; at++) expect(await say(dialUpstream())).toBe("spare");
  expect(await count("connect_failures")).toBe(1);
});

test("a host that answers again gets its traffic back", async () => {
  await startPods("tcp", { ejectionMs: 1 });
  const flow = dialUpstream();
  expect(await say(flow)).toBe("far");
  await silence();
  await isClosed(flow);
  expect(await say(dialUpstream())).toBe("spare");
  process.kill(far?.pid ?? 0, "SIGCONT");
  await waitUntil(async () => (await say(dialUpstream())) === "far", { what: "it is back", timeoutMs: 60_000 });
});

test("a request in flight on a silent host goes elsewhere if it may, and fails at once if it may not", async () => {
  await startPods("http1");
  const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
  mesh.onStop(() => agents.map((agent) => agent.destroy()));
  const ask = async (method: string, agent: Agent | undefined): Promise<string> => {
    const outgoing = request({ host: client.address, port: listenPort, path: "/", method, agent }).end();
    const [response] = await once(outgoing, "response");
    let body = "";
    for await (const piece of response) body += piece;
    return `${response.statusCode} ${body}`;
  };
  for (const agent of agents) expect(await ask("GET", agent)).toBe("200 far");
  await silence();
  const [got, posted] = await Promise.all([ask("GET", agents[0]), ask("POST", agents[1])]);
  expect(got).toBe("200 spare");
  expect(posted).toMatch(/^502 .*showed no sign of life/);
  expect(await ask("POST", undefined)).toBe("200 spare");
});

test("a host that takes its time is asked for a sign of life, and keeps its flow", async () => {
  await startPods("tcp", { silenceTimeoutMs: 60 });
  const flow = dialUpstream();
  flow.write("think");
  await expect.poll(() => count("knocks"), { timeout: 60_000 }).toBeGreaterThan(10);
  expect(await say(flow)).toBe("far");
  expect(await count("silent_endpoints")).toBe(0);
});
