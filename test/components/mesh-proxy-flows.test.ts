/** Which instances live flows take, as proxies say. */

import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../tools/wait-until.ts";
import {
  applyPath,
  chain,
  createPathMesh,
  echoApp,
  httpApp,
  listenPort,
  type PathMesh,
  passingFunction,
} from "./mesh-proxy-path-setup.ts";
import type { TestPod } from "./mesh-proxy-setup.ts";

let all: PathMesh;

beforeEach(async () => {
  all = await createPathMesh("127.78.58");
});
afterEach(() => all.mesh.stop());

async function functionPorts() {
  return {
    first: (await passingFunction(all, all.first)).port,
    second: (await passingFunction(all, all.second)).port,
  };
}

interface FlowsAnswer {
  readonly pod: string;
  readonly flows: readonly Readonly<Record<string, unknown>>[];
  readonly hasMore: boolean;
}

async function flowsOf(pod: TestPod, query = ""): Promise<FlowsAnswer> {
  const response = await fetch(`${pod.proxy.addresses.admin.url}/v1/flows${query}`);
  return (await response.json()) as FlowsAnswer;
}

async function openFlow(): Promise<Socket> {
  const socket = connect({ host: all.client.address, port: listenPort });
  all.mesh.onStop(() => socket.destroy());
  socket.write("x");
  await once(socket, "data");
  return socket;
}

test("every proxy on the way of a flow knows it by its client, and names the pod that has it next", async () => {
  await applyPath(all, { ports: { ...(await functionPorts()), app: await echoApp(all) } });
  const socket = await openFlow();
  const source = `${all.client.address}:${socket.localPort}`;
  const expected = [
    { pod: all.client, at: "classifier", function: "", next: "core/first-0" },
    { pod: all.first, at: "2", function: "fw", next: "core/second-0" },
    { pod: all.second, at: "1", function: "dpi", next: "core/server-0" },
    { pod: all.server, at: "0", function: "" },
  ];
  for (const { pod, ...place } of expected) {
    const answer = await flowsOf(pod, `?chain=${chain}&source=${source}`);
    expect(answer).toMatchObject({
      pod: `core/${pod.name}`,
      hasMore: false,
      flows: [{ source, chain, spi: 7, ...place }],
    });
  }
  socket.end();
  await waitUntil(async () => (await flowsOf(all.client)).flows.length === 0, { what: "the end", timeoutMs: 5000 });
});

test("on HTTP/1.1 the newest request's way is told, while its connection is there", async () => {
  await applyPath(all, { protocol: "http1", ports: { ...(await functionPorts()), app: await httpApp(all) } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  all.mesh.onStop(() => agent.destroy());
  const outgoing = request({ host: all.client.address, port: listenPort, agent });
  outgoing.end();
  const [incoming] = await once(outgoing, "response");
  incoming.resume();
  const source = `${all.client.address}:${outgoing.socket?.localPort}`;
  for (const [pod, at] of [[all.client, "classifier"], [all.first, "2"], [all.second, "1"], [all.server, "0"]] as const)
    expect((await flowsOf(pod)).flows).toMatchObject([{ source, at }]); // biome-ignore format: pairs
});

test("no more flows are told than were asked for, and only those that match", async () => {
  await applyPath(all, { ports: { ...(await functionPorts()), app: await echoApp(all) } });
  for (let count = 0; count < 3; count++) await openFlow();
  expect(await flowsOf(all.first, "?limit=2")).toMatchObject({ flows: [{}, {}], hasMore: true });
  expect(await flowsOf(all.first, "?limit=3")).toMatchObject({ flows: [{}, {}, {}], hasMore: false });
  expect((await flowsOf(all.first, "?chain=other")).flows).toEqual([]);
  const refusal = await fetch(`${all.first.proxy.addresses.admin.url}/v1/flows?limit=1001`);
  expect([refusal.status, await refusal.json()]).toMatchObject([400, { error: { field: "limit" } }]);
});

test("flows that no chain takes are not told of", async () => {
  const app = await echoApp(all);
  await all.server.apply({});
  await all.client.apply({
    upstreams: [
      {
        listenPort,
        namespace: "core",
        service: "svc",
        port: 80,
        protocol: "tcp",
        endpoints: [all.server.endpoint(app)],
      },
    ],
  });
  await openFlow();
  for (const pod of [all.client, all.server]) expect((await flowsOf(pod)).flows).toEqual([]);
});
