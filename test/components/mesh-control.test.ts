import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import type { MeshSnapshot } from "../../core/model/mesh-snapshot.ts";
import type { RouteStatusWriter } from "../../core/ports/route-status-writer.ts";
import { type ControlConfig, controlConfigSchema } from "../../mesh-control/control-config.ts";
import { type RunningControl, startControl } from "../../mesh-control/start-control.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { createMemoryCluster, type MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import {
  addressOf,
  chain,
  meshCluster,
  meshNode,
  meshPod,
  meshService,
  path,
  serviceFunction,
} from "../builders/mesh-cluster.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";
import { waitUntil } from "../tools/wait-until.ts";

interface Bench {
  readonly cluster: MemoryCluster;
  readonly clock: ManualClock;
  readonly control: RunningControl;
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

test("what became of a route is said when the cluster has been read, and again when that changes", async () => {
  const said: string[] = [];
  const routeStatus: RouteStatusWriter = {
    async writeParents({ name }, [parent]) {
      said.push(`${name} ${parent?.conditions.map(({ reason }) => reason).join(" ")}`);
    },
  };
  const cluster = smallCluster();
  const parents = [{ namespace: "core", service: "dn", port: 80 }];
  const about = { kind: "HTTPRoute", namespace: "core", name: "canary", createdAt: "", generation: 1 } as const;
  const backends = [{ namespace: "core", service: "dn-v2", port: 80, weight: 1 }];
  cluster.httpRoutes.put({ ...about, parents, rules: [{ index: 0, matches: [{}], backends }] });
  const bench = await running({ cluster, routeStatus });
  await bench.clock.advanceAsync(50);
  cluster.services.put(meshService("dn-v2"));
  await bench.clock.advanceAsync(50);
  expect(said).toEqual(["canary Accepted BackendNotFound", "canary Accepted ResolvedRefs"]);
});

describe("a snapshot stream", () => {
  test("begins with the present snapshot and goes on with each change", async () => {
    const bench = await running();
    const stream = await opened(bench, "core/ue-0");
    const first = await stream.next();
    expect(first).toMatchObject({
      proxy: "core/ue-0",
      upstreams: [{ service: "dn", endpoints: [{ pod: "core/dn-0" }] }],
    });

    bench.cluster.pods.put(meshPod("dn-1", "n2"));
    await bench.clock.advanceAsync(50);
    const second = await stream.next();
    expect(second.upstreams[0]?.endpoints.map(({ pod }) => pod)).toEqual(["core/dn-0", "core/dn-1"]);
    expect(second.version).toBeGreaterThan(first.version);
  });

  test("carries a chain's path to the classifier and to the instance", async () => {
    const bench = await running();
    const [classifier, instance] = [await opened(bench, "core/ue-0"), await opened(bench, "core/fw-0")];
    await Promise.all([classifier.next(), instance.next()]);
    bench.cluster.serviceFunctions.put(serviceFunction("fw"));
    bench.cluster.serviceFunctionChains.put(chain("n6", ["fw"]));
    const hops = [{ function: "fw", weights: ["n1>fw-0=10000"] }, { weights: ["fw-0>dn-0=10000"] }];
    bench.cluster.serviceFunctionPaths.put(path("n6", 7, hops));
    await bench.clock.advanceAsync(50);
    expect((await classifier.next()).upstreams[0]?.path).toMatchObject({ spi: 7, next: [{ pod: "core/fw-0" }] });
    expect((await instance.next()).hops).toMatchObject([{ spi: 7, serviceIndex: 1, next: [{ pod: "core/dn-0" }] }]);
  });

  test("gathers changes, and sends nothing when the pod's own snapshot stays the same", async () => {
    const bench = await running();
    const stream = await opened(bench, "core/ue-0");
    await stream.next();
    bench.cluster.services.put(meshService("unrelated"));
    await bench.clock.advanceAsync(50);
    for (const at of [1, 2, 3]) bench.cluster.pods.put(meshPod(`dn-${at}`, "n2"));
    await bench.clock.advanceAsync(50);
    expect((await stream.next()).peers).toHaveLength(6);
    expect(await counter(bench, "weft_control_snapshots_sent_total")).toBe(2);
  });

  test("shows by empty lines that it is alive", async () => {
    const bench = await running();
    const stream = await opened(bench, "core/ue-0");
    await stream.next();
    const before = stream.heartbeats();
    await bench.clock.advanceAsync(30_000);
    await waitUntil(() => stream.heartbeats() === before + 3, { what: "three heartbeats", timeoutMs: 5_000 });
  });

  test("of a pod that does not exist yet waits until it does", async () => {
    const bench = await running();
    const stream = await opened(bench, "core/late-0");
    expect(await status(bench, "core/late-0")).toMatchObject({
      isConnected: true,
      waitingReason: "the pod is not known",
      problems: [],
    });
    bench.cluster.pods.put(meshPod("late-0", "n1"));
    await bench.clock.advanceAsync(50);
    expect((await stream.next()).proxy).toBe("core/late-0");
    expect(await status(bench, "core/late-0")).not.toHaveProperty("waitingReason");
  });

  test("says nothing of a cluster that has not been read whole", async () => {
    const cluster = createMemoryCluster({ hasSynced: false });
    const bench = await running({ cluster });
    cluster.pods.put(meshPod("ue-0", "n1"));
    const stream = await opened(bench, "core/ue-0");
    expect((await fetch(`${bench.control.url}/readyz`)).status).toBe(503);
    const { pods, nodes, services, httpRoutes, grpcRoutes, meshPolicies } = cluster;
    const { serviceFunctions, serviceFunctionChains, serviceFunctionPaths } = cluster;
    for (const one of [pods, nodes, services, httpRoutes, grpcRoutes, meshPolicies]) one.markSynced();
    for (const one of [serviceFunctions, serviceFunctionChains]) one.markSynced();
    await bench.clock.advanceAsync(50);
    expect(await status(bench, "core/ue-0")).toMatchObject({ waitingReason: "the cluster has not been read yet" });
    serviceFunctionPaths.markSynced();
    await bench.clock.advanceAsync(50);
    expect((await stream.next()).peers).toHaveLength(1);
    expect((await fetch(`${bench.control.url}/readyz`)).status).toBe(200);
  });

  test("after a reconnect begins with the whole snapshot and a higher version", async () => {
    const bench = await running();
    const first = await opened(bench, "core/ue-0");
    const { version, ...content } = await first.next();
    first.close();
    await waitUntil(async () => (await status(bench, "core/ue-0"))?.isConnected === false, {
      what: "the stream is seen to be closed",
      timeoutMs: 5_000,
    });
    const again = await (await opened(bench, "core/ue-0")).next();
    expect(again).toEqual({ ...content, version: expect.any(Number) });
    expect(again.version).toBeGreaterThan(version);
  });

  test("has a higher version after a restart of the control side", async () => {
    const bench = await running();
    const before = await (await opened(bench, "core/ue-0")).next();
    await bench.control.stop();
    bench.clock.advance(1_000);
    const restarted = await running({ cluster: bench.cluster, clock: bench.clock });
    const after = await (await opened(restarted, "core/ue-0")).next();
    expect(after.version).toBeGreaterThan(before.version);
    expect(Number.isSafeInteger(after.version)).toBe(true);
  });

  test("ends when the same proxy opens another", async () => {
    const bench = await running();
    const first = await opened(bench, "core/ue-0");
    await first.next();
    const second = await opened(bench, "core/ue-0");
    await first.ended;
    bench.cluster.pods.put(meshPod("dn-1", "n2"));
    await second.next();
    await bench.clock.advanceAsync(50);
    expect((await second.next()).upstreams[0]?.endpoints).toHaveLength(2);
  });

  test("ends when the control side stops", async () => {
    const bench = await running();
    const stream = await opened(bench, "core/ue-0");
    await stream.next();
    await bench.control.stop();
    await stream.ended;
  });

  test("of a slow reader holds no more than what its sockets hold, and then the newest", async () => {
    const bench = await running();
    for (let at = 0; at < 8_000; at++) {
      const address = `10.200.${at >> 8}.${at & 255}`;
      bench.cluster.pods.put(meshPod(`many-${at}`, "n2", "", { address }));
    }
    await bench.clock.advanceAsync(50);
    const response = await responseOf(bench, "core/ue-0");
    const changes = 40;
    for (let at = 1; at <= changes; at++) {
      bench.cluster.pods.put(meshPod(`dn-${at}`, "n2"));
      await bench.clock.advanceAsync(50);
    }
    const sent = await counter(bench, "weft_control_snapshots_sent_total");
    expect(sent).toBeLessThan(changes);

    const stream = readFrom(response);
    let lines = 0;
    for (let newest = await stream.next(); newest.upstreams[0]?.endpoints.length !== changes + 1; lines++)
      newest = await stream.next();
    expect(lines).toBe(sent);
  });

  test("of a reader that takes nothing for stallMsMax is cut", async () => {
    const bench = await running({ config: { stallMsMax: 1_000 } });
    for (let at = 0; at < 8_000; at++)
      bench.cluster.pods.put(meshPod(`many-${at}`, "n2", "", { address: `10.200.${at >> 8}.${at & 255}` }));
    await bench.clock.advanceAsync(50);
    const response = await responseOf(bench, "core/ue-0");
    response.on("error", () => {});
    for (let at = 1; at <= 40; at++) {
      bench.cluster.pods.put(meshPod(`dn-${at}`, "n2"));
      await bench.clock.advanceAsync(50);
    }
    await bench.clock.advanceAsync(1_000);
    await waitUntil(async () => (await counter(bench, "weft_control_stalled_streams_total")) === 1, {
      what: "the stall is counted",
      timeoutMs: 5_000,
    });
    expect(await counter(bench, "weft_control_connected_proxies")).toBe(0);
  });

  test("over proxiesMax is refused", async () => {
    const bench = await running({ config: { proxiesMax: 1 } });
    await (await opened(bench, "core/ue-0")).next();
    const refused = await fetch(`${bench.control.url}/v1/snapshots?proxy=core/dn-0`);
    expect({ status: refused.status, body: await refused.json() }).toEqual({
      status: 503,
      body: { error: { code: "limit-reached", message: "proxiesMax 1: as many proxies are connected" } },
    });
  });

  const misnamed = [
    "/v1/snapshots",
    "/v1/snapshots?proxy=ue-0",
    "/v1/snapshots?proxy=core/ue-0/x",
    "/v1/snapshots?proxy=",
  ];
  test.each(misnamed)("%s is refused with the field", async (target) => {
    const refused = await fetch(`${(await running()).control.url}${target}`);
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 400,
      body: { error: { code: "request-invalid", field: "proxy" } },
    });
  });
});

describe("a report", () => {
  const accepted = { proxy: "core/ue-0", version: 5, verdict: "accepted", runningVersion: 5 };

  test("that is overtaken by the report of a newer snapshot does not take its place", async () => {
    const bench = await running();
    const stream = await opened(bench, "core/ue-0");
    const { version: older } = await stream.next();
    bench.cluster.pods.put(meshPod("dn-1", "n2"));
    await bench.clock.advanceAsync(50);
    const { version: newer } = await stream.next();
    for (const version of [newer, older]) await report(bench, { ...accepted, version, runningVersion: version });
    expect(await status(bench, "core/ue-0")).toMatchObject({ sentVersion: newer, runningVersion: newer });
  });

  test("of a line that has no version counts when it comes", async () => {
    const bench = await running();
    const { version } = await (await opened(bench, "core/ue-0")).next();
    await report(bench, { ...accepted, version, runningVersion: version });
    await report(bench, {
      ...accepted,
      version: 0,
      verdict: "rejected",
      reason: "no snapshot",
      runningVersion: version,
    });
    expect(await status(bench, "core/ue-0")).toMatchObject({ runningVersion: version, rejectedReason: "no snapshot" });
  });

  test("shows in the list of proxies, beside pods that never called", async () => {
    const bench = await running();
    const { version } = await (await opened(bench, "core/ue-0")).next();
    expect(await report(bench, { ...accepted, version, runningVersion: version })).toMatchObject({ status: 204 });
    expect(await proxies(bench)).toEqual([
      { proxy: "core/dn-0", address: addressOf("dn-0"), isConnected: false, problems: [] },
      { proxy: "core/fw-0", address: addressOf("fw-0"), isConnected: false, problems: [] },
      {
        proxy: "core/ue-0",
        address: addressOf("ue-0"),
        isConnected: true,
        sentVersion: version,
        runningVersion: version,
        lastReport: { ...accepted, version, runningVersion: version, atMs: bench.clock.nowMs() },
        problems: ['upstreams: entry "bad" is not service[.namespace][:port][/udp]=listenPort'],
      },
    ]);
  });

  test("of a rejection names the reason and what runs instead, and is counted", async () => {
    const bench = await running();
    const reason = "upstreams[0].listenPort: is in use";
    const rejected = { ...accepted, verdict: "rejected", reason, runningVersion: 4 };
    expect(await report(bench, rejected)).toMatchObject({ status: 204 });
    expect(await status(bench, "core/ue-0")).toMatchObject({ runningVersion: 4, rejectedReason: reason });
    expect(await counter(bench, "weft_control_snapshots_rejected_total")).toBe(1);
  });

  test("of a proxy that no pod has is refused", async () => {
    const bench = await running();
    expect(await report(bench, { ...accepted, proxy: "core/nobody" })).toEqual({
      status: 404,
      body: { error: { code: "not-found", message: "core/nobody is no pod of the mesh" } },
    });
  });

  const malformed = [
    { name: "without a version", body: { ...accepted, version: undefined }, field: "version" },
    { name: "with a version that is no whole number", body: { ...accepted, version: 1.5 }, field: "version" },
    { name: "with another verdict", body: { ...accepted, verdict: "maybe" }, field: "verdict" },
    { name: "of a rejection without a reason", body: { ...accepted, verdict: "rejected" }, field: "reason" },
    { name: "with a proxy that is no pod's name", body: { ...accepted, proxy: "UE" }, field: "proxy" },
    { name: "with an endless reason", body: { ...accepted, reason: "x".repeat(2_001) }, field: "reason" },
  ];
  test.each(malformed)("$name is refused with the field", async ({ body, field }) => {
    const bench = await running();
    expect(await report(bench, body)).toMatchObject({ status: 400, body: { error: { field } } });
    const address = addressOf("ue-0");
    expect(await status(bench, "core/ue-0")).toEqual({ proxy: "core/ue-0", address, isConnected: false, problems: [] });
  });

  test("with an unknown key is refused, and says which", async () => {
    const answer = await report(await running(), { ...accepted, extra: 1 });
    expect(answer).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("extra") } } });
  });

  test("over bodyBytesMax is refused", async () => {
    const answer = await report(await running(), { ...accepted, reason: "x".repeat(20_000) });
    expect(answer).toMatchObject({ status: 413, body: { error: { code: "body-too-large" } } });
  });
});

test("a port that is taken is a failure to listen, and leaves nothing running", async () => {
  const bench = await running();
  const taken = { config: { port: bench.control.port }, clock: createManualClock() };
  await expect(running(taken)).rejects.toMatchObject({ code: "listen-failed" });
  expect(taken.clock.pending).toBe(0);
});

interface Setup {
  readonly cluster?: MemoryCluster;
  readonly clock?: ManualClock;
  readonly config?: Partial<ControlConfig>;
  readonly routeStatus?: RouteStatusWriter;
}

/** ue-0 on n1 talks to dn-0; fw-0 is beside it. Nothing happens until the clock is moved. */
async function running({
  cluster = smallCluster(),
  clock = createManualClock(),
  config = {},
  routeStatus,
}: Setup = {}): Promise<Bench> {
  const log = createLog({ level: "silent", name: "control" });
  const parsed = controlConfigSchema.parse({ host: "127.0.0.1", port: 0, ...config });
  const control = await startControl(parsed, { view: cluster, clock, log, ...(routeStatus && { routeStatus }) });
  cleanups.push(() => control.stop());
  return { cluster, clock, control };
}

function smallCluster(): MemoryCluster {
  return meshCluster({
    nodes: [meshNode("n1", "z1"), meshNode("n2", "z1")],
    services: [meshService("dn")],
    pods: [meshPod("ue-0", "n1", "dn=15010,bad"), meshPod("dn-0", "n1"), meshPod("fw-0", "n1")],
  });
}

async function responseOf({ control }: Bench, proxy: string): Promise<IncomingMessage> {
  const request = get(`${control.url}/v1/snapshots?proxy=${proxy}`, { agent: false });
  cleanups.push(() => request.destroy());
  request.on("error", () => {});
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

async function opened(bench: Bench, proxy: string) {
  return readFrom(await responseOf(bench, proxy));
}

/** Reads from now on; snapshots wait in `snapshots` until a test asks for the next. */
function readFrom(response: IncomingMessage) {
  const snapshots: MeshSnapshot[] = [];
  let heartbeats = 0;
  response.on("error", () => {});
  const ended = new Promise<void>((resolve) => response.once("close", () => resolve()));
  createInterface({ input: response })
    .on("error", () => {})
    .on("line", (line) => {
      if (line === "") heartbeats++;
      else snapshots.push(JSON.parse(line));
    });
  return {
    ended,
    heartbeats: () => heartbeats,
    close: () => response.destroy(),
    next: () => waitUntil(() => snapshots.shift(), { what: "the next snapshot", timeoutMs: 10_000, pollMs: 5 }),
  };
}

async function proxies({ control }: Bench): Promise<readonly { proxy: string; isConnected: boolean }[]> {
  const { proxies } = (await (await fetch(`${control.url}/v1/proxies`)).json()) as {
    proxies: { proxy: string; isConnected: boolean }[];
  };
  return proxies;
}

async function status(bench: Bench, proxy: string) {
  return (await proxies(bench)).find((one) => one.proxy === proxy);
}

async function report({ control }: Bench, body: unknown): Promise<{ status: number; body?: unknown }> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${control.url}/v1/reports`, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  return text === "" ? { status: answer.status } : { status: answer.status, body: JSON.parse(text) };
}

async function counter({ control }: Bench, name: string): Promise<number> {
  const text = await (await fetch(`${control.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}
