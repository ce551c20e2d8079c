/** Probes of a chain's path through real proxies. */
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import type { ProbeAnswer } from "../../mesh-proxy/probe/probe-protocol.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { applyPath, chain, createPathMesh, type PathMesh, passingFunction, spi } from "./mesh-proxy-path-setup.ts";
import { sumOf, type TestPod, tcpServer } from "./mesh-proxy-setup.ts";

let all: PathMesh;

beforeEach(async () => {
  all = await createPathMesh("127.77.32");
});
afterEach(() => all.mesh.stop());

/** Functions and an application that note every connection they get. */
async function noting(pod: TestPod, passes = true) {
  const seen: string[] = [];
  const app = await tcpServer(pod.address, (socket) => {
    const index = seen.push("") - 1;
    socket.on("data", (bytes: Buffer) => {
      seen[index] += bytes.toString();
      if (passes) socket.write(bytes);
    });
    socket.on("end", () => socket.end());
  });
  all.mesh.onStop(app.close);
  return { ...app, seen };
}

async function applyNoting() {
  const { client: _, mesh: __, ...pods } = all;
  const [first, second, app] = [await noting(pods.first), await noting(pods.second), await noting(pods.server)];
  await applyPath(all, { ports: { first: first.port, second: second.port, app: app.port } });
  return { first, second, app };
}

async function probe(
  body: object,
  pod = all.client,
): Promise<{ readonly status: number; readonly answer: ProbeAnswer }> {
  const headers = { "content-type": "application/json" };
  const url = `${pod.proxy.addresses.admin.url}/v1/probes`;
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, answer: (await response.json()) as ProbeAnswer };
}

test("every proxy of the path says who it is, and functions and application hear nothing of it", async () => {
  const { first, second, app } = await applyNoting();
  const { status, answer } = await probe({ chain, source: { address: all.client.address, port: 1 } });
  expect(status).toBe(200);
  expect(answer).toMatchObject({
    chain: "n6",
    spi: 7,
    source: { address: all.client.address, port: 1 },
    isWhole: true,
    hops: [
      { pod: "core/first-0", node: "n-first-0", chain: "n6", spi: 7, serviceIndex: 2, function: "fw" },
      { pod: "core/second-0", node: "n-second-0", chain: "n6", spi: 7, serviceIndex: 1, function: "dpi" },
      { pod: "core/server-0", node: "n-server-0", chain: "n6", spi: 7, serviceIndex: 0 },
    ],
  });
  const totals = answer.hops.map(({ totalMs }) => totalMs);
  expect(totals).toEqual(totals.toSorted((a, b) => a - b));
  for (const { connectMs, answerMs } of answer.hops) expect(Math.min(connectMs, answerMs)).toBeGreaterThan(0);
  expect([first.seen, second.seen, app.seen]).toEqual([[], [], []]);
  for (const pod of [all.first, all.second, all.server]) {
    expect(await sumOf(pod.proxy, "weft_hop_connections_total")).toBe(0);
    expect(await sumOf(pod.proxy, "weft_proxy_probes_total")).toBe(1);
    await waitUntil(async () => (await sumOf(pod.proxy, "weft_proxy_connections")) === 0, {
      what: "the probe's connection is gone",
      timeoutMs: 5000,
    });
  }
});

test("functions are asked when that is wanted, and the application gets a connection and no bytes", async () => {
  const { first, second, app } = await applyNoting();
  const { answer } = await probe({ chain, asksFunctions: true });
  expect(answer.isWhole).toBe(true);
  expect(answer.hops.map(({ asked }) => Object.keys(asked ?? {}))).toEqual([
    ["connectMs", "answerMs"],
    ["connectMs", "answerMs"],
    ["connectMs"],
  ]);
  expect([first.seen, second.seen, app.seen]).toEqual([["weft-probe\r\n"], ["weft-probe\r\n"], [""]]);
});

test("a function that does not answer is told of, and the proxies behind it still answer", async () => {
  const { first } = await applyNoting();
  first.close();
  const { answer } = await probe({ chain, asksFunctions: true });
  expect(answer.isWhole).toBe(false);
  expect(answer.hops.map(({ pod }) => pod)).toEqual(["core/first-0", "core/second-0", "core/server-0"]);
  expect(answer.hops[0]?.asked?.reason).toContain("ECONNREFUSED");
});

test("a probe that cannot go on says where and why", async () => {
  await applyNoting();
  await all.server.proxy.stop({ drainMs: 0 });
  const { answer } = await probe({ chain });
  expect(answer.isWhole).toBe(false);
  expect(answer.hops.map(({ pod }) => pod)).toEqual(["core/first-0", "core/second-0"]);
  expect(answer.reason).toMatch(/^core\/second-0: core\/server-0: .*ECONNREFUSED/);
  await all.first.apply({});
  expect((await probe({ chain })).answer.reason).toBe("core/first-0: path 7 at index 2 does not lead here");
});

test("a hop that takes the probe and says nothing is waited for no longer than the order says", async () => {
  const { first, second, app } = await applyNoting();
  const mute = await tcpServer(all.second.address, (socket) => {
    socket.write("W0W1");
    socket.resume();
  });
  all.mesh.onStop(mute.close);
  await applyPath(all, { ports: { first: first.port, second: second.port, app: app.port } });
  const next = [{ ...all.second.endpoint(second.port), port: mute.port }];
  const local = {
    name: "fw",
    port: first.port,
    hasProxyProtocol: false,
    failurePolicy: "Block",
    mode: "Forward",
  } as const;
  const hop = { chain, spi, serviceIndex: 2, function: local, isSymmetric: true, next, protocol: "tcp" } as const;
  await all.first.apply({ hops: [hop] });
  const { answer } = await probe({ chain, timeoutMs: 200 });
  expect(answer).toMatchObject({ isWhole: false, reason: "no answer within 200 ms", hops: [{ pod: "core/first-0" }] });
});

test("an order is refused with the field and the reason", async () => {
  await applyNoting();
  const refusal = async (body: object, pod?: TestPod) => {
    const { status, answer } = await probe(body, pod);
    return [status, (answer as unknown as { error: { field?: string; message: string } }).error];
  };
  expect(await refusal({ chain, timeoutMs: 0 })).toMatchObject([400, { field: "timeoutMs" }]);
  expect(await refusal({ chain, source: { address: "pod", port: 1 } })).toMatchObject([
    400,
    { field: "source.address" },
  ]);
  expect(await refusal({ chain: "n7" })).toMatchObject([
    404,
    { message: /"n7" is not put on a path by this proxy: n6/ },
  ]);
  expect(await refusal({ chain }, all.first)).toMatchObject([404, {}]);
});

test("no more than 32 probes at a time start at a proxy", async () => {
  await applyNoting();
  const mute = await tcpServer(all.first.address, (socket) => socket.resume());
  all.mesh.onStop(mute.close);
  const path = { chain, spi, serviceIndex: 2, next: [{ ...all.first.endpoint(1), port: mute.port }] };
  const { upstreams } = { upstreams: [{ listenPort: 15010, namespace: "core", service: "svc", port: 80, protocol: "tcp" as const, endpoints: [], path }] }; // biome-ignore format: one
  await all.client.apply({ upstreams });
  const waiting = Array.from({ length: 33 }, () => probe({ chain }));
  const { status } = await Promise.race(waiting);
  expect(status).toBe(503);
  mute.close();
  const statuses = await Promise.all(waiting);
  expect(statuses.filter((each) => each.status === 503)).toHaveLength(1);
});

test("a probe from an address that is no peer is refused, and one that names no path is told so", async () => {
  await applyNoting();
  const { host, port } = all.first.proxy.addresses.mesh;
  const endpoint = { address: all.client.address, port: 1 };
  const send = async (localAddress: string) => {
    const socket = connect({ host, port, localAddress });
    all.mesh.onStop(() => socket.destroy());
    socket.end(encodeProxyHeader({ source: endpoint, destination: endpoint, tlvs: { probe: "proxies" } }));
    let answer = "";
    for await (const piece of socket) answer += piece;
    return answer;
  };
  await expect(send("127.77.32.99")).rejects.toThrow("ECONNRESET");
  expect(await send(all.client.address)).toBe(
    'W1{"kind":"stopped","pod":"core/first-0","reason":"the probe names no path"}\n',
  );
});

test("probes of one source take one way, and others spread over the instances", async () => {
  const { first, second, app } = await applyNoting();
  const other = await all.mesh.pod("second-1");
  const dpi = await passingFunction(all, other);
  await applyPath(all, { ports: { first: first.port, second: second.port, app: app.port } });
  const local = {
    name: "dpi",
    port: dpi.port,
    hasProxyProtocol: false,
    failurePolicy: "Block",
    mode: "Forward",
  } as const;
  const rest = { chain, spi, isSymmetric: true, protocol: "tcp" } as const;
  await other.apply({ hops: [{ ...rest, serviceIndex: 1, function: local, next: [all.server.endpoint(app.port)] }] });
  const next = [all.second.endpoint(second.port), other.endpoint(dpi.port)];
  await all.first.apply({
    hops: [{ ...rest, serviceIndex: 2, function: { ...local, name: "fw", port: first.port }, next }],
  });
  const ways = async (source?: object) => {
    const pods = new Set<string | undefined>();
    for (let sent = 0; sent < 30; sent++) pods.add((await probe({ chain, source })).answer.hops[1]?.pod);
    return [...pods].sort();
  };
  expect(await ways({ address: "10.0.0.5", port: 40_000 })).toHaveLength(1);
  expect(await ways()).toEqual(["core/second-0", "core/second-1"]);
});
