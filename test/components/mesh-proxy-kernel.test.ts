import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { findKernelHelp } from "./kernel-relay-setup.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const help = await findKernelHelp();
const listenPort = 15010;
const messageBytes = 500;

describe("proxies that the kernel helps", () => {
  if (help.kind === "unavailable") {
    it.skip(`SKIPPED, since the kernel does not help: ${help.reason}`, () => {});
    return;
  }
  let mesh: TestMesh;
  beforeEach(() => {
    mesh = createTestMesh("127.77.92");
  });
  afterEach(() => mesh.stop());

  test("count the same of a flow while it lasts and afterwards, whoever carries it", async () => {
    const counts = [];
    for (const kernelRelay of ["required", "off"] as const) {
      const accessLogFile = path.join(mkdtempSync(path.join(os.tmpdir(), "weft-kernel-")), "access.jsonl");
      const { client, server, dialled } = await startEcho(mesh, kernelRelay, { kernelRelay, accessLogFile });
      const socket = dialled();
      await exchange(socket, 200);
      const carriedNow = await sumOf(client.proxy, "weft_proxy_kernel_flows");
      expect(carriedNow).toBe(kernelRelay === "off" ? 0 : 1);
      const live = await bytesOf(client, server);
      socket.end(randomBytes(1234));
      socket.resume();
      await once(socket, "close");
      await waitUntil(async () => (await sumOf(server.proxy, "weft_proxy_connections")) === 0, {
        what: "the flow is over",
        timeoutMs: 5000,
      });
      const lines = await waitUntil(() => linesOf(accessLogFile, 2), { what: "both ends log", timeoutMs: 5000 });
      counts.push({ live, after: await bytesOf(client, server), logged: lines.map(bytesIn) });
    }
    const live = 200 * messageBytes;
    const after = live + 1234;
    const logged = Array(2).fill({ bytes_received: after, bytes_sent: after });
    expect(counts[0]).toEqual({ live: [live, live, live, live], after: [after, after, after, after], logged });
    expect(counts[1]).toEqual(counts[0]);
  });

  test("do not close a flow for idleness that the kernel carries, and close one that is idle", async () => {
    const { client, dialled } = await startEcho(mesh, "idle", { kernelRelay: "required", idleTimeoutMs: 400 });
    const [busy, idle] = [dialled(), dialled()];
    await Promise.all([exchange(busy, 30), exchange(idle, 30)]);
    const closed = closeOf(idle);
    let isOver = false;
    const talk = (async () => {
      while (!isOver) await exchange(busy, 1);
    })();
    await closed;
    isOver = true;
    await talk;
    expect(busy.destroyed).toBe(false);
    expect(await sumOf(client.proxy, "weft_proxy_idle_closed_total")).toBeGreaterThan(0);
  });

  test("cut what the kernel carries at the end of a drain, and leave the kernel as it was", async () => {
    const before = kernelObjectCount();
    const { client, server, dialled } = await startEcho(mesh, "drain", { kernelRelay: "required" });
    const socket = dialled();
    await exchange(socket, 30);
    expect(await sumOf(client.proxy, "weft_proxy_kernel_flows")).toBe(1);
    const closed = closeOf(socket);
    expect(await client.proxy.stop({ drainMs: 100 })).toEqual({ cut: ["outbound to core/svc"] });
    await closed;
    await server.proxy.stop({ drainMs: 0 });
    expect(kernelObjectCount()).toBe(before);
  });

  test("do not give it what speaks HTTP", async () => {
    const answer = "HTTP/1.1 204 No Content\r\n\r\n";
    const serve = (socket: Socket) => socket.on("data", () => socket.write(answer));
    const { client, dialled } = await startEcho(mesh, "http", { kernelRelay: "required" }, serve);
    const socket = dialled();
    const request = Buffer.from("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    for (let index = 0; index < 30; index++) {
      socket.write(request);
      await once(socket, "data");
    }
    expect(await sumOf(client.proxy, "weft_proxy_kernel_flows_total")).toBe(0);
  });
});

/** Maps and programs that this process holds. */
function kernelObjectCount(): number {
  const folder = "/proc/self/fd";
  return readdirSync(folder).filter((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`).startsWith("anon_inode:bpf");
    } catch {
      return false;
    }
  }).length;
}

async function startEcho(
  mesh: TestMesh,
  name: string,
  config: Partial<ProxyConfigInput>,
  serve: (socket: Socket) => unknown = (socket) => socket.pipe(socket),
) {
  const client = await mesh.pod(`client-${name}`, config);
  const server = await mesh.pod(`server-${name}`, config);
  const app = await tcpServer(server.address, serve);
  mesh.onStop(app.close);
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: [server.endpoint(app.port)] })] });
  const dialled = () => {
    const socket = connect({ host: client.address, port: listenPort, noDelay: true });
    socket.on("error", () => {});
    mesh.onStop(() => socket.destroy());
    return socket;
  };
  return { client, server, dialled };
}

describe("a proxy that may not ask the kernel for help", () => {
  const isRoot = process.getuid?.() === 0;
  const unprivileged = isRoot ? ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] : [];

  test("says why, and goes on without it", async () => {
    const { child, said } = startUnprivileged("auto");
    await waitUntil(async () => said().includes("proxy listens"), { what: "the proxy listens", timeoutMs: 30_000 });
    child.kill("SIGTERM");
    expect(said()).toMatch(
      /"reason":"[^"]*(EPERM|koffi)[^"]*","msg":"the kernel does not relay plain TCP; user space does"/,
    );
  });

  test("does not start where it is required, and names the key and the reason", async () => {
    const { child, said } = startUnprivileged("required");
    const [exitCode] = await once(child, "close");
    expect(exitCode).toBe(64);
    expect(said()).toMatch(/kernelRelay is required: .*(EPERM|koffi)/);
  });

  function startUnprivileged(kernelRelay: string) {
    const snapshotFile = path.join(mkdtempSync(path.join(os.tmpdir(), "weft-kernel-")), "snapshot.json");
    const peer = { pod: "core/a", address: "127.77.92.77", workload: "a", node: "n", app: "a" };
    writeFileSync(
      snapshotFile,
      JSON.stringify({ version: 1, proxy: peer.pod, peers: [peer], upstreams: [], hops: [] }),
    );
    const settings = { namespace: "core", pod: "a", podAddress: peer.address, meshPort: 0, adminPort: 0 };
    const options = Object.entries({ ...settings, snapshotFile, kernelRelay });
    const command = [...unprivileged, process.execPath, "cli/weft.ts", "proxy"];
    const args = options.flatMap(([key, value]) => ["--set", `${key}=${value}`]);
    const child = spawn(command[0] ?? "", [...command.slice(1), ...args]);
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
    return { child, said: () => text };
  }
});

async function exchange(socket: Socket, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const message = randomBytes(messageBytes);
    // Nothing that could be taken for HTTP.
    message[0] = 0;
    socket.write(message);
    let got = Buffer.alloc(0);
    while (got.length < messageBytes) got = Buffer.concat([got, ...((await once(socket, "data")) as Buffer[])]);
    if (!got.equals(message)) throw new Error("a message came back changed");
  }
}

function closeOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once("close", resolve));
}

/** The lines of a log that both ends write, when there are so many. */
function linesOf(file: string, count: number): readonly string[] | undefined {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.length < count ? undefined : lines;
}

function bytesIn(line: string): object {
  const { bytes_received, bytes_sent } = JSON.parse(line);
  return { bytes_received, bytes_sent };
}

async function bytesOf(...pods: readonly TestPod[]): Promise<readonly number[]> {
  const names = ["istio_tcp_received_bytes_total", "istio_tcp_sent_bytes_total"];
  return Promise.all(pods.flatMap(({ proxy }) => names.map((name) => sumOf(proxy, name))));
}
