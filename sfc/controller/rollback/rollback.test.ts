/** Paths on which errors rise give way to the ones before them. */
import { Registry } from "prom-client";
import { afterEach, expect, test } from "vitest";
import type { Log } from "../../../core/ports/log.ts";
import type { MemoryCluster } from "../../../platform/memory/memory-cluster.ts";
import {
  chainCluster,
  loseReadiness,
  namespace,
  putChain,
  putFunction,
  putPod,
} from "../../../test/builders/chain-cluster.ts";
import { createManualClock } from "../../../test/fakes/manual-clock.ts";
import type { PathReport } from "../../path-source.ts";
import { sfcConfigSchema } from "../../sfc-config.ts";
import { createSfcMetrics } from "../../sfc-metrics.ts";
import { type ChainController, startChainController } from "../chain-controller.ts";

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const times = { debounceMs: 10, activationDelayMs: 1000, drainMs: 60_000, demandIntervalMs: 5000 };
const config = sfcConfigSchema.parse({ ...times, rollback: { backoffMs: 300_000 } });

const running: ChainController[] = [];
afterEach(async () => {
  for (const controller of running.splice(0)) await controller.stop();
});

interface Bench {
  readonly cluster: MemoryCluster;
  readonly clock: ReturnType<typeof createManualClock>;
  /** Attempts and failures by SPI; each question finds something new. */
  readonly paths: Map<number, readonly [number, number]>;
  readonly registry: Registry;
  readonly controller: ChainController;
}

function start(cluster: MemoryCluster, clock = createManualClock()): Bench {
  const paths = new Map<number, readonly [number, number]>();
  const registry = new Registry();
  const report = ([spi, [attempts, failures]]: [number, readonly [number, number]]): PathReport => ({
    ...{ spi, attempts, failures },
    lastAtMs: clock.nowMs(),
    hops: [],
  });
  const controller = startChainController({
    view: cluster,
    writer: cluster.writer,
    recorder: cluster.recorder,
    leadership: { isLeader: true, subscribe: () => () => {} },
    pathSource: async () => [...paths].map(report),
    clock,
    log: silent,
    metrics: createSfcMetrics(registry),
    config,
  });
  running.push(controller);
  return { cluster, clock, paths, registry, controller };
}

/** The path with SPI 1 takes the traffic, and all is well. */
async function programmed(): Promise<Bench> {
  const cluster = chainCluster();
  putChain(cluster);
  const bench = start(cluster);
  await bench.clock.advanceAsync(2000);
  bench.paths.set(1, [1000, 0]);
  return bench;
}

/** A third instance of dpi has come, the path with SPI 2 has just taken over, and half of what is tried on it fails. */
async function worsened(): Promise<Bench> {
  const bench = await programmed();
  putPod(bench.cluster, "dpi-3", "n2", "dpi");
  await bench.clock.advanceAsync(1100);
  expect(pathsOf(bench.cluster)).toEqual(["1 inactive", "2 active"]);
  bench.paths.set(2, [100, 50]);
  return bench;
}

async function takenBack(): Promise<Bench> {
  const bench = await worsened();
  await bench.clock.advanceAsync(11_000);
  expect(pathsOf(bench.cluster)).toEqual(["1 active", "2 inactive"]);
  return bench;
}

function pathsOf(cluster: MemoryCluster) {
  const all = cluster.serviceFunctionPaths.list().toSorted((a, b) => a.spi - b.spi);
  return all.map(({ spi, isActive }) => `${spi} ${isActive ? "active" : "inactive"}`);
}

async function conditionOf(cluster: MemoryCluster, type: string) {
  const status = await cluster.writer.readChainStatus(namespace, "inspect");
  return status?.conditions.find((condition) => condition.type === type);
}

test("a path on which errors rise gives way to the one before it, and says so with figures", async () => {
  const { cluster, clock, registry } = await worsened();
  await clock.advanceAsync(4000);
  expect(pathsOf(cluster)).toEqual(["1 inactive", "2 active"]);
  await clock.advanceAsync(6000);
  expect(pathsOf(cluster)).toEqual(["1 active", "2 inactive"]);
  const said =
    "the path with SPI 2 was taken back: 50 of 100 attempts failed (50.0 %) on it, " +
    "0 of 1000 attempts failed (0.0 %) on the path before it (p < 1e-9); it is not tried again before 2030-01-01T00:05:1";
  expect(await conditionOf(cluster, "RolledBack")).toMatchObject({
    ...{ status: "True", reason: "ErrorsRose", message: expect.stringContaining(said) },
  });
  expect(await conditionOf(cluster, "Programmed")).toMatchObject({ status: "True" });
  const status = await cluster.writer.readChainStatus(namespace, "inspect");
  expect(status).toMatchObject({ spi: 1, refused: [{ spi: 2, times: 1 }] });
  const events = cluster.events.slice(-2).map(({ type, reason }) => `${type} ${reason}`);
  expect(events).toEqual(["Normal PathActivated", "Warning RolledBack"]);
  const metrics = await registry.metrics();
  expect(metrics).toContain("weft_sfc_rollbacks_total 1");
  expect(metrics).toContain("weft_sfc_refused_renderings 1");
});

test("the latency of the path in use is judged, although there are instances that it does not know", async () => {
  const cluster = chainCluster();
  putChain(cluster, { latencyBudgetMs: 50 });
  const bench = start(cluster);
  await bench.clock.advanceAsync(2000);
  putPod(cluster, "dpi-3", "n2", "dpi");
  await bench.clock.advanceAsync(1100);
  bench.paths.set(1, [1000, 0]).set(2, [100, 50]);
  await bench.clock.advanceAsync(11_000);
  expect(pathsOf(cluster)).toEqual(["1 active", "2 inactive"]);
  expect(await conditionOf(cluster, "WithinLatencyBudget")).toMatchObject({ status: "True" });
});

test("what was taken back drains, is deleted, and is not tried again before its back-off is over", async () => {
  const { cluster, clock, controller } = await takenBack();
  await clock.advanceAsync(61_000);
  expect(pathsOf(cluster)).toEqual(["1 active"]);
  expect(controller.verdictOf("uid-inspect")).toMatchObject({ kind: "keep", code: "refused" });
  await clock.advanceAsync(200_000);
  expect(pathsOf(cluster)).toEqual(["1 active"]);
  await clock.advanceAsync(60_000);
  expect(pathsOf(cluster)).toEqual(["1 inactive", "3 active"]);
  expect(await conditionOf(cluster, "RolledBack")).toBeUndefined();
});

test("what fails again is held back for twice as long, and what works is forgiven", async () => {
  const { cluster, clock, paths } = await takenBack();
  await clock.advanceAsync(320_000);
  expect(pathsOf(cluster)).toEqual(["1 inactive", "3 active"]);
  paths.set(3, [40, 40]);
  await clock.advanceAsync(11_000);
  expect(pathsOf(cluster)).toEqual(["1 active", "3 inactive"]);
  const refused = (await cluster.writer.readChainStatus(namespace, "inspect"))?.refused;
  expect(refused).toMatchObject([{ spi: 3, times: 2 }]);
  await clock.advanceAsync(500_000);
  expect(pathsOf(cluster)).toEqual(["1 active"]);
  await clock.advanceAsync(120_000);
  paths.set(4, [1000, 1]);
  await clock.advanceAsync(60_000);
  expect(pathsOf(cluster)).toEqual(["4 active"]);
  expect((await cluster.writer.readChainStatus(namespace, "inspect"))?.refused).toBeUndefined();
});

test("other instances are another rendering, which is tried at once", async () => {
  const { cluster, clock } = await takenBack();
  putPod(cluster, "dpi-4", "n1", "dpi");
  await clock.advanceAsync(1100);
  expect(pathsOf(cluster)).toEqual(["1 inactive", "2 inactive", "3 active"]);
});

test("another leader knows what was taken back, and does not take it for a path on its way", async () => {
  const { cluster, clock, controller } = await takenBack();
  await controller.stop();
  const after = start(cluster, clock);
  await clock.advanceAsync(100_000);
  expect(pathsOf(cluster)).toEqual(["1 active"]);
  expect(after.controller.verdictOf("uid-inspect")).toMatchObject({ kind: "keep", code: "refused" });
});

test("another leader takes a path back, too", async () => {
  const { cluster, clock, controller } = await worsened();
  await controller.stop();
  const after = start(cluster, clock);
  after.paths.set(1, [1000, 0]).set(2, [100, 50]);
  await clock.advanceAsync(11_000);
  expect(pathsOf(cluster)).toEqual(["1 active", "2 inactive"]);
});

test("when the path in use has no instance left, what was refused is tried all the same", async () => {
  const { cluster, clock } = await takenBack();
  for (const name of ["dpi-1", "dpi-2"]) loseReadiness(cluster, name);
  putPod(cluster, "dpi-4", "n1", "dpi");
  loseReadiness(cluster, "dpi-4");
  await clock.advanceAsync(1100);
  expect(pathsOf(cluster)).toEqual(["1 inactive", "2 inactive", "3 active"]);
});

const unchanged = [
  { name: "errors are as many as before", now: [100, 5], before: [1000, 50] },
  { name: "too little has been tried", now: [19, 19], before: [1000, 0] },
  { name: "nothing was tried on the path before", now: [100, 50], before: [0, 0] },
] as const;

test.each(unchanged)("a path stays when $name", async ({ now, before }) => {
  const { cluster, clock, paths } = await worsened();
  paths.set(1, before).set(2, now);
  await clock.advanceAsync(30_000);
  expect(pathsOf(cluster)).toEqual(["1 inactive", "2 active"]);
});

test("a path stays when the one before it has no instance left", async () => {
  const { cluster, clock } = await worsened();
  for (const name of ["dpi-1", "dpi-2"]) loseReadiness(cluster, name);
  await clock.advanceAsync(900);
  await clock.advanceAsync(11_000);
  expect(pathsOf(cluster)).not.toContain("1 active");
});

test("a path of a new generation gives way, too, and the chain says that it is not programmed", async () => {
  const { cluster, clock, paths } = await programmed();
  putChain(cluster, { functions: ["dpi", "firewall"], generation: 2 });
  await clock.advanceAsync(1100);
  paths.set(2, [100, 100]);
  await clock.advanceAsync(11_000);
  expect(pathsOf(cluster)).toEqual(["1 active", "2 inactive"]);
  expect(await conditionOf(cluster, "Programmed")).toMatchObject({
    ...{ status: "False", reason: "RolledBack" },
    message: "the path of this generation was taken back; the path with SPI 1 of generation 1 stays",
  });
  putChain(cluster, { functions: ["dpi", "firewall"], generation: 3 });
  await clock.advanceAsync(1100);
  expect(pathsOf(cluster)).toContain("3 active");
});

test("no path comes back that would go around a function which must not be bypassed", async () => {
  const { cluster, clock, paths } = await programmed();
  putChain(cluster, { functions: ["firewall", "dpi", "nat"], generation: 2 });
  putFunction(cluster, { name: "nat" });
  putPod(cluster, "nat-1", "n1", "nat");
  await clock.advanceAsync(1100);
  paths.set(2, [100, 100]);
  await clock.advanceAsync(11_000);
  expect(pathsOf(cluster)).toEqual(["1 inactive", "2 active"]);
  putFunction(cluster, { name: "nat", failurePolicy: "Bypass" });
  await clock.advanceAsync(1000);
  expect(pathsOf(cluster)).toEqual(["1 active", "2 inactive"]);
});

test("a path comes back around a tap, which no traffic passes", async () => {
  const { cluster, clock, paths } = await programmed();
  putChain(cluster, { functions: ["firewall", "dpi", "ids"], generation: 2 });
  putFunction(cluster, { name: "ids", mode: "Tap", failurePolicy: "Block" });
  putPod(cluster, "ids-1", "n1", "ids");
  await clock.advanceAsync(1100);
  paths.set(2, [100, 100]);
  await clock.advanceAsync(11_000);
  expect(pathsOf(cluster)).toEqual(["1 active", "2 inactive"]);
});
