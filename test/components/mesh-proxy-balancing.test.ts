/** How a Service's clients choose an endpoint, over real proxies. */
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BalancingPolicy } from "../../core/model/balancing.ts";
import { createTestMesh, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let clients: readonly TestPod[];
let servers: readonly Server[];

interface Server {
  readonly pod: TestPod;
  readonly appPort: number;
  readonly open: Set<Socket>;
}

beforeEach(async () => {
  mesh = createTestMesh("127.77.61");
  clients = [await mesh.pod("client-0"), await mesh.pod("client-1"), await mesh.pod("client-2")];
  servers = [await startServer(0), await startServer(1), await startServer(2)];
  for (const { pod } of servers) await pod.apply({});
});
afterEach(() => mesh.stop());

/** Says which it is, and keeps the connection. */
async function startServer(at: number): Promise<Server> {
  const pod = await mesh.pod(`server-${at}`);
  const open = new Set<Socket>();
  const app = await tcpServer(pod.address, (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("data", () => socket.write(`${at}`));
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  return { pod, appPort: app.port, open };
}

async function balance(balancing: BalancingPolicy): Promise<void> {
  const endpoints = servers.map(({ pod, appPort }) => pod.endpoint(appPort));
  for (const client of clients) await client.apply({ upstreams: [upstream({ listenPort, endpoints, balancing })] });
}

interface Opened {
  readonly socket: Socket;
  readonly server: number;
}

async function open(client: TestPod): Promise<Opened> {
  const socket = connect({ host: client.address, port: listenPort, noDelay: true });
  mesh.onStop(() => socket.destroy());
  socket.write("?");
  const server = await new Promise<number>((resolve, reject) => {
    socket.once("data", (bytes) => resolve(Number(String(bytes))));
    socket.once("error", reject);
  });
  return { socket, server };
}

async function openMany(client: TestPod, count: number): Promise<readonly Opened[]> {
  const opened: Opened[] = [];
  for (let index = 0; index < count; index++) opened.push(await open(client));
  return opened;
}

function countsOf(opened: readonly Opened[]): readonly number[] {
  return servers.map((_, at) => opened.filter(({ server }) => server === at).length);
}

test("round robin gives each endpoint its turn", async () => {
  await balance("round-robin");
  expect(countsOf(await openMany(clients[0] as TestPod, 9))).toEqual([3, 3, 3]);
});

test("least request evens out what is under way, and fills up who has lost its own", async () => {
  await balance("least-request");
  const client = clients[0] as TestPod;
  const opened = await openMany(client, 60);
  for (const count of countsOf(opened)) expect(Math.abs(count - 20)).toBeLessThanOrEqual(4);
  for (const { socket, server } of opened) if (server === 1) socket.destroy();
  await expect.poll(() => servers[1]?.open.size).toBe(0);
  const [, filled = 0] = countsOf(await openMany(client, 18));
  // Nine of nine times that it is drawn, which is five of nine of all; without looking it would be a third.
  expect(filled).toBeGreaterThanOrEqual(7);
});

test.each(["ring-hash", "maglev"] as const)(
  "with %s a pod's connections stay together, also over snapshots",
  async (policy) => {
    await balance(policy);
    const before = await Promise.all(clients.map((client) => openMany(client, 5)));
    await balance(policy);
    const after = await Promise.all(clients.map((client) => openMany(client, 5)));
    for (const [index, opened] of before.entries())
      expect(new Set([...opened, ...(after[index] ?? [])].map(({ server }) => server)).size).toBe(1);
  },
);
