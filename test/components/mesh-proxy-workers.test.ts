/** A proxy of several processes: real ones, started as a pod starts them. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MeshPeer, MeshSnapshot } from "../../core/model/mesh-snapshot.ts";
import { parseExposition } from "../../platform/prometheus/parse-exposition.ts";
import { type ManagedProcess, startProcess } from "../tools/managed-process.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const address = "127.77.74.50";
const listenPort = 15010;
const admin = `http://${address}:15020`;
let mesh: TestMesh;
let server: TestPod;
let folder: string;
let proxy: ManagedProcess;

const self: MeshPeer = { pod: "core/client-9", address, workload: "client", node: "n-9", app: "client" };

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "weft-workers-"));
  mesh = createTestMesh("127.77.74");
  server = await mesh.pod("server-0");
  const peers = [server.peer, self];
  server.source.publish({ version: 1, proxy: server.peer.pod, peers, upstreams: [], hops: [] });
});
afterEach(async () => {
  await proxy.stop();
  await mesh.stop();
  rmSync(folder, { recursive: true });
});

async function startWorkers(appPort: number, protocol: "tcp" | "http1"): Promise<void> {
  const snapshot: MeshSnapshot = {
    ...{ version: 3, proxy: self.pod, peers: [server.peer, self], hops: [] },
    upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(appPort)] })],
  };
  const snapshotFile = path.join(folder, "snapshot.json");
  writeFileSync(snapshotFile, JSON.stringify(snapshot));
  const config = { namespace: "core", pod: "client-9", podAddress: address, upstreamHost: address, appHost: address };
  const all = { ...config, snapshotFile, workers: 2, drainMs: 3000 };
  const args = Object.entries(all).flatMap(([key, value]) => ["--set", `${key}=${JSON.stringify(value)}`]);
  proxy = startProcess({
    name: "proxy",
    path: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", "cli/weft.ts", "proxy", ...args],
    logPath: path.join(folder, "log"),
  });
  await waitUntil(isReady, { what: "readiness", timeoutMs: 20_000, giveUp: () => proxy.ended() });
}

async function isReady(): Promise<boolean> {
  const response = await fetch(`${admin}/readyz`).catch(() => undefined);
  return response?.status === 200;
}

function workerPids(): readonly number[] {
  return readFileSync(`/proc/${proxy.pid}/task/${proxy.pid}/children`, "utf8").trim().split(" ").map(Number);
}

async function metric(name: string): Promise<number> {
  const parsed = parseExposition(await (await fetch(`${admin}/metrics`)).text(), (wanted) => wanted === name);
  if (parsed.kind === "rejected") throw new Error(parsed.reason);
  return parsed.samples.reduce((sum, { value }) => sum + value, 0);
}

async function openEcho(): Promise<Socket> {
  const socket = connect({ host: address, port: listenPort, noDelay: true });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  socket.write("hello");
  await once(socket, "data");
  return socket;
}

test("both workers take connections, metrics are those of all, and one that dies takes only its own with it", async () => {
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  await startWorkers(app.port, "tcp");
  expect(await metric("weft_proxy_workers")).toBe(2);
  expect(await metric("weft_proxy_snapshot_version")).toBe(3);
  const sockets = await Promise.all(Array.from({ length: 40 }, openEcho));
  expect(await metric("weft_proxy_connections")).toBe(40);
  expect(await metric("istio_tcp_connections_opened_total")).toBe(40);
  expect(await metric("istio_tcp_received_bytes_total")).toBe(200);
  const pids = workerPids();
  expect(pids.length).toBe(2);
  process.kill(pids[0] as number, "SIGKILL");
  await waitUntil(async () => (await metric("weft_proxy_worker_restarts_total")) === 1, {
    what: "another worker",
    timeoutMs: 20_000,
  });
  const living = sockets.filter(({ destroyed }) => !destroyed);
  expect(living.length).toBeGreaterThan(0);
  expect(living.length).toBeLessThan(40);
  for (const socket of living) {
    socket.write("again");
    await once(socket, "data");
  }
  await waitUntil(async () => (await metric("weft_proxy_workers")) === 2, { what: "two workers", timeoutMs: 20_000 });
  await Promise.all(Array.from({ length: 20 }, openEcho));
  expect(await isReady()).toBe(true);
});

test("SIGTERM drains all workers: HTTP/1.1 ends with the next response, and nothing is lost", async () => {
  const app = createServer((_, response) => response.end("ok"));
  await new Promise<void>((resolve) => app.listen({ host: server.address, port: 0 }, resolve));
  mesh.onStop(() => app.close());
  await startWorkers((app.address() as { port: number }).port, "http1");
  const clients = Array.from({ length: 12 }, () => connect({ host: address, port: listenPort, noDelay: true }));
  const texts = clients.map(() => "");
  for (const [at, client] of clients.entries()) {
    client.on("data", (bytes) => {
      texts[at] = `${texts[at]}${bytes}`;
    });
    client.on("error", () => {
      texts[at] = `${texts[at]}reset`;
    });
    client.write("GET / HTTP/1.1\r\nhost: svc\r\n\r\n");
  }
  await waitUntil(() => texts.every((text) => text.endsWith("ok")), { what: "answers", timeoutMs: 10_000 });
  // Half of a request is under way.
  for (const client of clients) client.write("GET / HTTP/1.1\r\n");
  await waitUntil(async () => (await metric("weft_proxy_connections")) === 12, { what: "flows", timeoutMs: 5000 });
  process.kill(proxy.pid, "SIGTERM");
  await waitUntil(async () => !(await isReady()), { what: "not ready", timeoutMs: 5000 });
  for (const client of clients) client.write("host: svc\r\n\r\n");
  await waitUntil(() => proxy.ended() !== undefined, { what: "the end", timeoutMs: 20_000 });
  expect(proxy.ended()).toContain("exit code 0");
  for (const text of texts) {
    expect(text.split("HTTP/1.1 200 OK").length).toBe(3);
    expect(text.toLowerCase()).toContain("connection: close");
    expect(text).not.toContain("reset");
  }
  expect(proxy.logTail()).not.toContain("were cut");
});

test("a port that is taken is an error with its reason, and no worker stays", async () => {
  const taken = await tcpServer(address, () => {}, 15008);
  mesh.onStop(taken.close);
  await expect(startWorkers(1, "tcp")).rejects.toThrow("cannot listen on 127.77.74.50:15008");
  expect(proxy.ended()).toBeDefined();
});
