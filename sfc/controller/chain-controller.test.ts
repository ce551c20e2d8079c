import { Registry } from "prom-client";
import { afterEach, describe, expect, test } from "vitest";
import type { PathHop } from "../../core/model/chain.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { ChainWriter } from "../../core/ports/chain-writer.ts";
import type { Log } from "../../core/ports/log.ts";
import type { MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import {
  chainCluster,
  loseReadiness,
  namespace,
  putChain,
  putFunction,
  putNode,
  putPod,
} from "../../test/builders/chain-cluster.ts";
import { createManualClock } from "../../test/fakes/manual-clock.ts";
import { sfcConfigSchema } from "../sfc-config.ts";
import { createSfcMetrics } from "../sfc-metrics.ts";
import { type ChainController, startChainController } from "./chain-controller.ts";

const config = sfcConfigSchema.parse({ debounceMs: 10, activationDelayMs: 1000, drainMs: 5000, retryMs: 100 });
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const running: ChainController[] = [];
afterEach(async () => {
  for (const controller of running.splice(0)) await controller.stop();
});

function start(
  cluster: MemoryCluster,
  overrides: { writer?: ChainWriter; leads?: boolean; variablesMax?: number } = {},
) {
  const clock = createManualClock();
  const demand = new Map<string, number>();
  const lead = { isLeader: overrides.leads ?? true, listener: (_: boolean) => {} };
  const controller = startChainController({
    view: cluster,
    writer: overrides.writer ?? cluster.writer,
    recorder: cluster.recorder,
    leadership: {
      get isLeader() {
        return lead.isLeader;
      },
      subscribe(listener) {
        lead.listener = listener;
        return () => {};
      },
    },
    demandSource: async () => new Map(demand),
    clock,
    log: silent,
    metrics: createSfcMetrics(new Registry()),
    config: { ...config, variablesMax: overrides.variablesMax ?? config.variablesMax },
  });
  running.push(controller);
  return { clock, demand, lead, controller };
}

function loseLead(lead: ReturnType<typeof start>["lead"]): void {
  lead.isLeader = false;
  lead.listener(false);
}

function paths(cluster: MemoryCluster) {
  const all = cluster.serviceFunctionPaths.list().toSorted((a, b) => a.spi - b.spi);
  return all.map(({ spi, isActive }) => `${spi} ${isActive ? "active" : "inactive"}`);
}

async function conditions(cluster: MemoryCluster, name = "inspect") {
  const status = await cluster.writer.readChainStatus(namespace, name);
  return Object.fromEntries(status?.conditions.map(({ type, status: is, reason }) => [type, `${is} ${reason}`]) ?? []);
}

async function message(cluster: MemoryCluster, type: string, name = "inspect"): Promise<string> {
  const status = await cluster.writer.readChainStatus(namespace, name);
  return status?.conditions.find((condition) => condition.type === type)?.message ?? "";
}

function instances(hops: readonly PathHop[] | undefined) {
  return hops?.map(({ weights }) =>
    [...new Set(weights.filter(({ weight }) => weight > 0).map(({ to }) => to))].sort(),
  );
}

describe("a chain", () => {
  test("gets a path that is known before it is used", async () => {
    const cluster = chainCluster();
    putChain(cluster);
    const { clock } = start(cluster);
    await clock.advanceAsync(20);
    expect(paths(cluster)).toEqual(["1 inactive"]);
    expect(await conditions(cluster)).toEqual({ Accepted: "True Accepted", Programmed: "False Pending" });
    await clock.advanceAsync(1100);
    expect(paths(cluster)).toEqual(["1 active"]);
    expect(await conditions(cluster)).toEqual({ Accepted: "True Accepted", Programmed: "True Programmed" });
    const [path] = cluster.serviceFunctionPaths.list();
    expect(path).toMatchObject({ name: "inspect-1", chain: "inspect", chainGeneration: 1, isSymmetric: false });
    expect(path?.hops.map(({ serviceIndex, function: name }) => [serviceIndex, name])).toEqual([
      [2, "firewall"],
      [1, "dpi"],
      [0, undefined],
    ]);
    expect(path?.hops[0]?.weights.every(({ from }) => from === "n1")).toBe(true);
    expect(path?.prediction.demandBytesPerSecond).toBe(1e6);
    expect(path?.prediction.lowerBound).toBeCloseTo(0.1, 6);
    const status = await cluster.writer.readChainStatus(namespace, "inspect");
    expect(status).toMatchObject({ observedGeneration: 1, spi: 1, prediction: path?.prediction });
    expect(cluster.events.map(({ reason }) => reason)).toEqual(["PathCreated", "PathActivated", "Programmed"]);
  });

  const interruptions = [
    { name: "the lead is lost", interrupt: ({ lead }: ReturnType<typeof start>) => loseLead(lead) },
    { name: "the controller stops", interrupt: ({ controller }: ReturnType<typeof start>) => controller.stop() },
  ];

  test.each(interruptions)("is not written any more once $name during writes of others", async ({ interrupt }) => {
    const cluster = chainCluster();
    for (let chain = 10; chain < 30; chain++) putChain(cluster, { name: `inspect${chain}` });
    const writes: string[] = [];
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const writer: ChainWriter = {
      ...cluster.writer,
      async createPath(path) {
        writes.push(`create ${path.name}`);
        await answered;
        await cluster.writer.createPath(path);
      },
      async updateChainStatus(at, name, status) {
        writes.push(`status of ${name}`);
        await cluster.writer.updateChainStatus(at, name, status);
      },
    };
    const bench = start(cluster, { writer });
    await bench.clock.advanceAsync(20);
    const begun = Array.from({ length: 8 }, (_, chain) => `create inspect${10 + chain}-${1 + chain}`);
    expect(writes).toEqual(begun);
    const interrupted = interrupt(bench);
    answer();
    await interrupted;
    await bench.clock.advanceAsync(1000);
    expect(writes).toEqual(begun);
  });

  test("is left alone while nothing changes", async () => {
    const { cluster, clock } = await programmed();
    await clock.advanceAsync(120_000);
    expect(paths(cluster)).toEqual(["1 active"]);
    expect(cluster.events).toHaveLength(3);
  });

  test("changes over to the instances that are left, the new path before the old one goes", async () => {
    const { cluster, clock } = await programmed();
    loseReadiness(cluster, "dpi-2");
    await clock.advanceAsync(20);
    expect(paths(cluster)).toEqual(["1 active", "2 inactive"]);
    await clock.advanceAsync(1100);
    expect(paths(cluster)).toEqual(["1 inactive", "2 active"]);
    expect(instances(cluster.serviceFunctionPaths.get(`${namespace}/inspect-2`)?.hops)?.[1]).toEqual(["dpi-1"]);
    await clock.advanceAsync(4000);
    expect(paths(cluster)).toEqual(["1 inactive", "2 active"]);
    await clock.advanceAsync(2000);
    expect(paths(cluster)).toEqual(["2 active"]);
  });

  test("drops a path that was overtaken before it was used", async () => {
    const { cluster, clock } = await programmed();
    loseReadiness(cluster, "dpi-2");
    await clock.advanceAsync(20);
    loseReadiness(cluster, "firewall-2");
    await clock.advanceAsync(20);
    expect(paths(cluster)).toEqual(["1 active", "3 inactive"]);
  });

  test("gets a new path with each generation of its spec, whose SPI is nobody's", async () => {
    const { cluster, clock } = await programmed();
    putChain(cluster, { generation: 2, isSymmetric: true });
    await clock.advanceAsync(1200);
    expect(paths(cluster)).toEqual(["1 inactive", "2 active"]);
    expect(cluster.serviceFunctionPaths.get(`${namespace}/inspect-2`)).toMatchObject({
      chainGeneration: 2,
      isSymmetric: true,
    });
    expect(await cluster.writer.readChainStatus(namespace, "inspect")).toMatchObject({ observedGeneration: 2, spi: 2 });
  });

  test("keeps its path when demand moves but nothing is gained", async () => {
    const { cluster, clock, demand } = await programmed();
    demand.set(`${namespace}/inspect`, 3e6);
    await clock.advanceAsync(20_000);
    expect(paths(cluster)).toEqual(["1 active"]);
    const status = await cluster.writer.readChainStatus(namespace, "inspect");
    expect(status?.prediction?.demandBytesPerSecond).toBe(3e6);
    expect(status?.prediction?.lowerBound).toBeCloseTo(0.3, 6);
  });

  test("is split anew when demand moves and another split keeps the fullest link emptier", async () => {
    const cluster = chainCluster();
    // Small: all fits beside the source. Large: one firewall's worth of the other chain's traffic has to give way.
    putFunction(cluster, { name: "dpi", capacityBytesPerSecond: undefined });
    putPod(cluster, "gnb-1", "n2", "gnb");
    putChain(cluster);
    putChain(cluster, {
      name: "other",
      classifier: { from: { app: "gnb" }, to: { service: "dn", port: 8080 } },
      functions: ["firewall"],
    });
    const { clock, demand } = start(cluster);
    await clock.advanceAsync(2000);
    const before = cluster.serviceFunctionPaths.list().length;
    demand.set(`${namespace}/other`, 9e6);
    await clock.advanceAsync(5_500);
    expect(cluster.serviceFunctionPaths.list().length).toBeGreaterThan(before);
    await clock.advanceAsync(60_000);
    const all = cluster.serviceFunctionPaths.list();
    expect(all.map(({ isActive }) => isActive)).toEqual([true, true]);
    expect(all.find(({ chain }) => chain === "other")?.prediction).toMatchObject({ demandBytesPerSecond: 9e6 });
  });
});

const bad = [
  {
    name: "a function that is not there",
    part: { functions: ["firewall", "nat"] },
    reason: "FunctionNotFound",
    message: /^spec\.functions\[1\]: there is no ServiceFunction nat in edge/,
  },
  {
    name: "a loop",
    part: { functions: ["dpi", "firewall", "dpi"] },
    reason: "FunctionRepeated",
    message: /^spec\.functions\[2\]: dpi .* loop/,
  },
  {
    name: "a Service that is not there",
    part: { classifier: { from: { app: "upf" }, to: { service: "web", port: 80 } } },
    reason: "ServiceNotFound",
    message: /^spec\.classifier\.to\.service: there is no Service web in edge/,
  },
  {
    name: "a port that the Service lacks",
    part: { classifier: { from: { app: "upf" }, to: { service: "dn", port: 80 } } },
    reason: "PortNotFound",
    message: /^spec\.classifier\.to\.port: the Service dn has no TCP port 80/,
  },
  {
    name: "keys of requests for a port that speaks TCP",
    part: {
      classifier: { from: { app: "upf" }, to: { service: "dn", port: 8080 }, match: { http: { methods: ["GET"] } } },
    },
    reason: "ProtocolMismatch",
    message: /^spec\.classifier\.http: is of HTTP requests, and port 8080 of the Service dn speaks tcp/,
  },
  {
    name: "a demand that fits nowhere",
    part: { demandBytesPerSecond: 50e6 },
    reason: "DemandDoesNotFit",
    message: /^spec\.demand\.bytesPerSecond: 50000000 does not fit.*(link|instance) .* is the bottleneck/,
  },
  {
    name: "a latency budget that functions alone use up",
    part: { latencyBudgetMs: 0.15 },
    reason: "LatencyBudgetTooSmall",
    message:
      /^spec\.latencyBudgetMs: 0.15 ms .* functions alone take 0.2 ms, and links 0.2 ms, most of it from \S+ to \S+: 0.2 ms/,
  },
];

describe.each(bad)("a chain with $name", ({ part, reason, message: expected }) => {
  test("is not accepted, and says which field and why", async () => {
    const cluster = chainCluster();
    putChain(cluster, part);
    const { clock } = start(cluster);
    await clock.advanceAsync(2000);
    expect(await conditions(cluster)).toEqual({ Accepted: `False ${reason}`, Programmed: "False NotAccepted" });
    expect(await message(cluster, "Accepted")).toMatch(expected);
    expect(paths(cluster)).toEqual([]);
    expect(cluster.events.map(({ type, reason: said }) => `${type} ${said}`)).toContain(`Warning ${reason}`);
  });

  test("keeps the last good path", async () => {
    const { cluster, clock } = await programmed();
    putChain(cluster, { ...part, generation: 2 });
    await clock.advanceAsync(120_000);
    expect(paths(cluster)).toEqual(["1 active"]);
    expect(await conditions(cluster)).toMatchObject({ Accepted: `False ${reason}` });
    expect(await message(cluster, "Programmed")).toContain("the path with SPI 1 of generation 1 stays");
  });
});

test("two chains that want the same traffic say so, in a condition that goes with the conflict, and an event", async () => {
  const { cluster, clock } = await programmed();
  putChain(cluster, { name: "rival" });
  await clock.advanceAsync(1200);
  expect(await conditions(cluster)).toMatchObject({ Conflicted: "True SamePriority" });
  expect(await message(cluster, "Conflicted")).toContain("rival of the same priority 0");
  expect(cluster.events.filter(({ reason }) => reason === "Conflicted").map(({ type }) => type)).toEqual(["Warning", "Warning"]); // biome-ignore format: short
  putChain(cluster, { name: "rival", priority: 1, generation: 2 });
  await clock.advanceAsync(1200);
  expect(await conditions(cluster)).not.toHaveProperty("Conflicted");
});

describe("without instances", () => {
  test("a function that may be bypassed is left out of the path, and comes back with its instances", async () => {
    const { cluster, clock } = await programmed();
    putFunction(cluster, { name: "dpi", failurePolicy: "Bypass" });
    for (const name of ["dpi-1", "dpi-2"]) loseReadiness(cluster, name);
    await clock.advanceAsync(1200);
    expect(cluster.serviceFunctionPaths.get(`${namespace}/inspect-2`)?.hops.map(({ function: name }) => name)).toEqual([
      "firewall",
      undefined,
    ]);
    expect(await message(cluster, "Programmed")).toContain("dpi bypassed for want of an instance");
    putPod(cluster, "dpi-3", "n1", "dpi");
    await clock.advanceAsync(1200);
    expect(instances(cluster.serviceFunctionPaths.get(`${namespace}/inspect-3`)?.hops)?.[1]).toEqual(["dpi-3"]);
  });

  test("a function that must not be bypassed keeps the last good path, on which proxies stop the traffic", async () => {
    const { cluster, clock } = await programmed();
    for (const name of ["dpi-1", "dpi-2"]) loseReadiness(cluster, name);
    await clock.advanceAsync(1200);
    expect(paths(cluster)).toEqual(["1 active"]);
    expect(await conditions(cluster)).toEqual({
      ...{ Accepted: "True Accepted", Programmed: "False NoInstances", Degraded: "True FunctionBlocking" },
    });
  });

  test("a new chain gets a path that lets nothing through, until there are instances", async () => {
    const cluster = chainCluster();
    for (const name of ["dpi-1", "dpi-2"]) loseReadiness(cluster, name);
    putChain(cluster);
    const { clock } = start(cluster);
    await clock.advanceAsync(1200);
    expect(paths(cluster)).toEqual(["1 active"]);
    const [path] = cluster.serviceFunctionPaths.list();
    expect(path?.hops.map(({ function: name, weights }) => [name, weights.length])).toEqual([
      ["firewall", 0],
      ["dpi", 0],
      [undefined, 0],
    ]);
    putPod(cluster, "dpi-3", "n1", "dpi");
    await clock.advanceAsync(1200);
    expect(await conditions(cluster)).toEqual({ Accepted: "True Accepted", Programmed: "True Programmed" });
    expect(paths(cluster)).toEqual(["1 inactive", "2 active"]);
  });

  test.each([
    { app: "upf", reason: "NoClassifierPods" },
    { app: "dn", reason: "NoDestinationPods" },
  ])("of $app a chain waits", async ({ app, reason }) => {
    const cluster = chainCluster();
    cluster.pods.delete(`${namespace}/${app}-1`);
    putChain(cluster);
    const { clock } = start(cluster);
    await clock.advanceAsync(2000);
    expect(await conditions(cluster)).toEqual({ Accepted: "True Accepted", Programmed: `False ${reason}` });
    putPod(cluster, `${app}-2`, "n1", app);
    await clock.advanceAsync(1200);
    expect(await conditions(cluster)).toMatchObject({ Programmed: "True Programmed" });
  });
});

test("of two chains that do not both fit the one with less priority gives way, and comes in when there is room", async () => {
  const cluster = chainCluster();
  putChain(cluster, { name: "a", functions: ["firewall"], demandBytesPerSecond: 8e6, priority: 1 });
  putChain(cluster, { name: "b", functions: ["firewall"], demandBytesPerSecond: 8e6, priority: 2 });
  const { clock } = start(cluster);
  await clock.advanceAsync(1200);
  expect(await conditions(cluster, "b")).toMatchObject({ Accepted: "True Accepted", Programmed: "True Programmed" });
  expect(await conditions(cluster, "a")).toMatchObject({ Accepted: "False DemandDoesNotFit" });
  expect(await message(cluster, "Accepted", "a")).toContain("is the bottleneck");
  for (const name of ["n1", "n2"]) putNode(cluster, name, "800M");
  await clock.advanceAsync(1200);
  expect(await conditions(cluster, "a")).toMatchObject({ Accepted: "True Accepted", Programmed: "True Programmed" });
});

test("a chain that does not fit is told how much would, and that much is accepted", async () => {
  const cluster = chainCluster();
  putChain(cluster, { name: "a", functions: ["firewall"], demandBytesPerSecond: 15e6, priority: 1 });
  putChain(cluster, { name: "b", functions: ["firewall"], demandBytesPerSecond: 4e6, priority: 2 });
  const { clock } = start(cluster);
  await clock.advanceAsync(1200);
  const said = await message(cluster, "Accepted", "a");
  const fits = Number(/; (\d+) would fit$/.exec(said)?.[1]);
  // n2's link takes 10 MB/s in, of which b needs 4.
  expect(fits).toBeGreaterThan(0.97 * 6e6);
  expect(fits).toBeLessThanOrEqual(6e6);
  putChain(cluster, { name: "a", functions: ["firewall"], demandBytesPerSecond: fits, priority: 1, generation: 2 });
  await clock.advanceAsync(1200);
  expect(await conditions(cluster, "a")).toMatchObject({ Accepted: "True Accepted", Programmed: "True Programmed" });
});

test("a chain beside the bottleneck keeps its path, however low its priority", async () => {
  const cluster = chainCluster();
  putPod(cluster, "upf-2", "n2", "upf-near");
  putFunction(cluster, { name: "dpi", capacityBytesPerSecond: undefined });
  const near = { from: { app: "upf-near" }, to: { service: "dn", port: 8080 } };
  putChain(cluster, { name: "near", classifier: near, functions: ["dpi"], demandBytesPerSecond: 1e6, priority: 0 });
  putChain(cluster, { name: "a", functions: ["firewall"], demandBytesPerSecond: 8e6, priority: 1 });
  putChain(cluster, { name: "b", functions: ["firewall"], demandBytesPerSecond: 8e6, priority: 2 });
  const { clock } = start(cluster);
  await clock.advanceAsync(1200);
  expect(await conditions(cluster, "near")).toMatchObject({ Accepted: "True Accepted" });
  expect(await conditions(cluster, "a")).toMatchObject({ Accepted: "False DemandDoesNotFit" });
  expect(await conditions(cluster, "b")).toMatchObject({ Accepted: "True Accepted" });
});

test("what is measured is told beside what is predicted", async () => {
  const cluster = chainCluster();
  putChain(cluster, { demandBytesPerSecond: 4e6 });
  const { clock, demand } = start(cluster);
  await clock.advanceAsync(1200);
  expect((await cluster.writer.readChainStatus(namespace, "inspect"))?.measured).toBeUndefined();
  demand.set(`${namespace}/inspect`, 1e6);
  await clock.advanceAsync(6000);
  const status = await cluster.writer.readChainStatus(namespace, "inspect");
  expect(status?.prediction).toMatchObject({ demandBytesPerSecond: 4e6 });
  expect(status?.prediction?.maxUtilisation).toBeCloseTo(0.4, 1);
  expect(status?.measured?.demandBytesPerSecond).toBe(1e6);
  expect((status?.prediction?.maxUtilisation ?? 0) / (status?.measured?.maxUtilisation ?? 1)).toBeCloseTo(4, 6);
});

test("why a path came, and why it stays, is told", async () => {
  const { cluster, clock, demand, controller } = await programmed();
  const created = cluster.events.find(({ reason }) => reason === "PathCreated");
  expect(created?.message).toBe("path inspect-1 is sent to its proxies: the chain has no path");
  demand.set(`${namespace}/inspect`, 3e6);
  await clock.advanceAsync(6000);
  expect(controller.verdictOf("uid-inspect")).toMatchObject({
    kind: "keep",
    code: expect.stringMatching(/same-split|gain-too-small/),
  });
});

test("a measured demand beyond capacity turns nobody away", async () => {
  const cluster = chainCluster();
  putChain(cluster, { demandBytesPerSecond: undefined });
  const { clock, demand } = start(cluster);
  demand.set(`${namespace}/inspect`, 50e6);
  await clock.advanceAsync(6000);
  expect(await conditions(cluster)).toEqual({ Accepted: "True Accepted", Programmed: "True Programmed" });
  expect((await cluster.writer.readChainStatus(namespace, "inspect"))?.prediction?.maxUtilisation).toBeGreaterThan(1);
});

test("a program too large for the exact solver is split by the gradient solver, and the status says so", async () => {
  const cluster = chainCluster();
  putChain(cluster);
  const { clock } = start(cluster, { variablesMax: 3 });
  await clock.advanceAsync(1200);
  expect(paths(cluster)).toEqual(["1 active"]);
  const said = await message(cluster, "Programmed");
  expect(said).toMatch(
    /the gradient solver's split is at most [01]\.\d % above the optimum \(8 variables are more than the 3 that the exact solver takes\)/,
  );
  const status = await cluster.writer.readChainStatus(namespace, "inspect");
  expect(status?.prediction?.lowerBound).toBeGreaterThan(0);
});

test("a latency budget is a condition of its own", async () => {
  const cluster = chainCluster();
  putChain(cluster, { latencyBudgetMs: 10 });
  const { clock } = start(cluster);
  await clock.advanceAsync(1200);
  expect(await conditions(cluster)).toMatchObject({ WithinLatencyBudget: "True WithinBudget" });
  expect(await message(cluster, "WithinLatencyBudget")).toMatch(/the slowest way in use takes \d+\.\d\d ms of 10 ms/);
});

describe("what a restart forgets", () => {
  test("a pending path is still activated, a draining one still deleted", async () => {
    const { cluster, clock } = await programmed();
    loseReadiness(cluster, "dpi-2");
    await clock.advanceAsync(20);
    await running.pop()?.stop();
    const second = start(cluster);
    await second.clock.advanceAsync(1100);
    expect(paths(cluster)).toEqual(["1 inactive", "2 active"]);
    await running.pop()?.stop();
    const third = start(cluster);
    await third.clock.advanceAsync(5100);
    expect(paths(cluster)).toEqual(["2 active"]);
  });

  test("does not give an SPI that is in use to somebody else", async () => {
    const { cluster } = await programmed();
    await running.pop()?.stop();
    putChain(cluster, { name: "second" });
    const { clock } = start(cluster);
    await clock.advanceAsync(1200);
    expect(cluster.serviceFunctionPaths.list().map(({ name }) => name)).toEqual(["inspect-1", "second-2"]);
  });
});

describe("a write that fails", () => {
  test("is tried again, and no step behind it is taken before it", async () => {
    const cluster = chainCluster();
    putChain(cluster);
    let failures = 3;
    const writer: ChainWriter = {
      ...cluster.writer,
      async setPathActive(path, isActive) {
        failures -= 1;
        if (failures >= 0) throw new WeftError("kubernetes-unavailable", "no API server");
        await cluster.writer.setPathActive(path, isActive);
      },
    };
    const { clock } = start(cluster, { writer });
    await clock.advanceAsync(1100);
    expect(paths(cluster)).toEqual(["1 inactive"]);
    expect(await conditions(cluster)).toMatchObject({ Programmed: "False Pending" });
    await clock.advanceAsync(1000);
    expect(paths(cluster)).toEqual(["1 active"]);
    expect(await conditions(cluster)).toMatchObject({ Programmed: "True Programmed" });
  });

  test("of one chain does not hold up another", async () => {
    const cluster = chainCluster();
    putChain(cluster, { name: "a" });
    putChain(cluster, { name: "b" });
    const writer: ChainWriter = {
      ...cluster.writer,
      async createPath(path) {
        if (path.chain === "a") throw new WeftError("kubernetes-refused", "no");
        await cluster.writer.createPath(path);
      },
    };
    const { clock } = start(cluster, { writer });
    await clock.advanceAsync(1200);
    expect(await conditions(cluster, "b")).toMatchObject({ Programmed: "True Programmed" });
    expect(await conditions(cluster, "a")).toMatchObject({ Programmed: "False Pending" });
  });
});

test("who does not lead writes nothing, until it does", async () => {
  const cluster = chainCluster();
  putChain(cluster);
  const { clock, lead } = start(cluster, { leads: false });
  await clock.advanceAsync(5000);
  expect(paths(cluster)).toEqual([]);
  lead.isLeader = true;
  lead.listener(true);
  await clock.advanceAsync(1200);
  expect(paths(cluster)).toEqual(["1 active"]);
});

async function programmed() {
  const cluster = chainCluster();
  putChain(cluster);
  const started = start(cluster);
  await started.clock.advanceAsync(1200);
  expect(paths(cluster)).toEqual(["1 active"]);
  return { cluster, ...started };
}
