/** Flows stay with their instance while instances come and go. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AppProtocol } from "../../core/model/service.ts";
import { createTestMesh, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
const flowCount = 60;
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;
let instances: Instance[];
let appPort: number;

interface Instance {
  readonly pod: TestPod;
  readonly port: number;
  /** What each of its flows has sent. */
  readonly flows: string[];
}

beforeEach(async () => {
  mesh = createTestMesh("127.78.56");
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0");
  const app = await tcpServer(server.address, (socket) => {
    socket.on("data", (bytes: Buffer) => {
      const requestCount = String(bytes).split("GET ").length - 1;
      socket.write(requestCount === 0 ? bytes : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".repeat(requestCount));
    });
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  appPort = app.port;
  instances = [];
  for (const at of [0, 1, 2, 3]) instances.push(await startInstance(at));
});
afterEach(() => mesh.stop());

async function startInstance(at: number): Promise<Instance> {
  const pod = await mesh.pod(`fw-${at}`);
  const flows: string[] = [];
  const app = await tcpServer(pod.address, (socket) => {
    const flow = flows.push("") - 1;
    socket.on("data", (bytes: Buffer) => {
      flows[flow] += bytes.toString("latin1");
      socket.write(bytes);
    });
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  return { pod, port: app.port, flows };
}

/** The path has these instances, with one weight. */
async function scaleTo(living: readonly Instance[], protocol: AppProtocol = "tcp"): Promise<void> {
  const chain = "core/chain";
  const next = living.map(({ pod, port }) => pod.endpoint(port, 10));
  await server.apply({});
  for (const { pod, port } of instances) {
    const local = { name: "fw", port, hasProxyProtocol: false, failurePolicy: "Block", mode: "Forward" } as const;
    const hop = { chain, spi: 7, serviceIndex: 1, next: [server.endpoint(appPort)], isSymmetric: false, protocol };
    await pod.apply({ hops: [{ ...hop, function: local }] });
  }
  const path = { chain, spi: 7, serviceIndex: 1, next };
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(appPort)], path })] });
}

async function openFlows(count: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () =>
    connect({ host: client.address, port: listenPort, noDelay: true }),
  );
  for (const socket of sockets) mesh.onStop(() => socket.destroy());
  await Promise.all(sockets.map((socket) => echo(socket, "a")));
  return sockets;
}

async function echo(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  expect(String((await once(socket, "data"))[0])).toBe(text);
}

const countsOf = () => instances.map(({ flows }) => flows.length);

test("from three instances to four and back no live flow moves, and new ones come to all that are there", async () => {
  await scaleTo(instances.slice(0, 3));
  const first = await openFlows(flowCount);
  const before = countsOf();
  expect(before[3]).toBe(0);
  expect(Math.min(...before.slice(0, 3))).toBeGreaterThan(0);
  await scaleTo(instances);
  await Promise.all(first.map((socket) => echo(socket, "b")));
  expect(countsOf()).toEqual(before);
  const second = await openFlows(flowCount);
  const after = countsOf();
  const moved = after[3] as number;
  expect(moved).toBeGreaterThan(0);
  expect(moved).toBeLessThan(flowCount / 2);
  await scaleTo(instances.slice(0, 3));
  await Promise.all([...first, ...second].map((socket) => echo(socket, "c")));
  expect(countsOf()).toEqual(after);
  const texts = instances.flatMap(({ flows }) => flows);
  expect(texts.toSorted()).toEqual([...first.map(() => "abc"), ...second.map(() => "ac")].toSorted());
});

test("requests of one HTTP/1.1 connection stay with its instance while that is there, and find another when it is not", async () => {
  await scaleTo(instances.slice(0, 1), "http1");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  const ask = async () => {
    const outgoing = request({ host: client.address, port: listenPort, path: "/", agent });
    outgoing.end();
    const [response] = await once(outgoing, "response");
    for await (const _ of response);
    return response.statusCode;
  };
  expect(await ask()).toBe(200);
  await scaleTo(instances, "http1");
  for (let turn = 0; turn < 5; turn++) expect(await ask()).toBe(200);
  expect(countsOf()).toEqual([1, 0, 0, 0]);
  await scaleTo(instances.slice(1), "http1");
  for (let turn = 0; turn < 5; turn++) expect(await ask()).toBe(200);
  expect(countsOf().slice(1).toSorted()).toEqual([0, 0, 1]);
});
