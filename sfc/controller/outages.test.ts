/** Functions without an instance show in the chain's status, in events and in metrics, as their failure policy has it. */
import { Registry } from "prom-client";
import { afterEach, expect, test } from "vitest";
import type { Log } from "../../core/ports/log.ts";
import type { MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import {
  chainCluster,
  loseReadiness,
  namespace,
  putChain,
  putFunction,
  putPod,
} from "../../test/builders/chain-cluster.ts";
import { createManualClock } from "../../test/fakes/manual-clock.ts";
import { sfcConfigSchema } from "../sfc-config.ts";
import { createSfcMetrics } from "../sfc-metrics.ts";
import { type ChainController, startChainController } from "./chain-controller.ts";

const config = sfcConfigSchema.parse({ debounceMs: 10, activationDelayMs: 1000, drainMs: 5000 });
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const running: ChainController[] = [];
afterEach(async () => {
  for (const controller of running.splice(0)) await controller.stop();
});

function start(cluster: MemoryCluster, clock = createManualClock()) {
  const registry = new Registry();
  const lead = { isLeader: true, tell: (_: boolean) => {} };
  const subscribe = (listener: (isLeader: boolean) => void) => {
    lead.tell = listener;
    return () => {};
  };
  const controller = startChainController({
    ...{ view: cluster, writer: cluster.writer, recorder: cluster.recorder, clock, log: silent, config },
    leadership: {
      get isLeader() {
        return lead.isLeader;
      },
      subscribe,
    },
    metrics: createSfcMetrics(registry),
  });
  running.push(controller);
  return { cluster, clock, registry, lead, controller };
}

/** Of dpi, which may be bypassed, and firewall, which may not; all are there. */
async function programmed() {
  const cluster = chainCluster();
  putFunction(cluster, { name: "dpi", failurePolicy: "Bypass" });
  putChain(cluster);
  const bench = start(cluster);
  await bench.clock.advanceAsync(2000);
  return bench;
}

function lose(cluster: MemoryCluster, app: string): void {
  for (const at of [1, 2]) loseReadiness(cluster, `${app}-${at}`);
}

const statusOf = (cluster: MemoryCluster) => cluster.writer.readChainStatus(namespace, "inspect");
const reasons = (cluster: MemoryCluster) => cluster.events.map(({ type, reason }) => `${type} ${reason}`);

async function shown(registry: Registry): Promise<readonly string[]> {
  const lines = (await registry.metrics()).split("\n");
  return lines.filter((line) => line.startsWith("weft_sfc_function_outage_since_seconds{"));
}

test("nothing is said where every function has an instance", async () => {
  const { cluster, registry } = await programmed();
  expect((await statusOf(cluster))?.outages).toBeUndefined();
  expect(await shown(registry)).toEqual([]);
});

test("a bypassed function is named with its time, in the status, in an event and in a metric, until it is back", async () => {
  const { cluster, clock, registry } = await programmed();
  const sinceMs = Math.floor(clock.nowMs() / 1000) * 1000;
  lose(cluster, "dpi");
  await clock.advanceAsync(20);
  await clock.advanceAsync(60_000);
  const status = await statusOf(cluster);
  expect(status?.outages).toEqual([{ function: "dpi", effect: "Bypassed", sinceMs }]);
  const degraded = status?.conditions.find(({ type }) => type === "Degraded");
  const message = "dpi has no ready instance: traffic goes around it";
  expect(degraded).toMatchObject({ status: "True", reason: "FunctionBypassed", message });
  expect(cluster.events).toContainEqual(expect.objectContaining({ type: "Warning", reason: "FunctionBypassed", message })); // biome-ignore format: one thing
  const labels = `namespace="${namespace}",chain="inspect",function="dpi",effect="Bypassed"`;
  expect(await shown(registry)).toEqual([`weft_sfc_function_outage_since_seconds{${labels}} ${sinceMs / 1000}`]);

  putPod(cluster, "dpi-3", "n1", "dpi");
  await clock.advanceAsync(20);
  expect((await statusOf(cluster))?.conditions.map(({ type }) => type)).not.toContain("Degraded");
  expect(reasons(cluster)).toContain("Normal FunctionServed");
  expect(await shown(registry)).toEqual([]);
});

test("a function that blocks is told apart, and each function has its own time and event", async () => {
  const { cluster, clock, registry } = await programmed();
  lose(cluster, "dpi");
  await clock.advanceAsync(10_000);
  lose(cluster, "firewall");
  await clock.advanceAsync(20);
  const status = await statusOf(cluster);
  const [bypassed, blocking] = status?.outages ?? [];
  expect([bypassed, blocking]).toMatchObject([
    { function: "dpi", effect: "Bypassed" },
    { function: "firewall", effect: "Blocking" },
  ]);
  expect((blocking?.sinceMs ?? 0) - (bypassed?.sinceMs ?? 0)).toBe(10_000);
  expect(status?.conditions.find(({ type }) => type === "Degraded")?.reason).toBe("FunctionBlocking");
  expect(reasons(cluster).filter((said) => said.startsWith("Warning Function"))).toEqual([
    "Warning FunctionBypassed",
    "Warning FunctionBlocking",
  ]);
  expect(await shown(registry)).toHaveLength(2);
});

test("another policy is another effect, from then on", async () => {
  const { cluster, clock } = await programmed();
  lose(cluster, "dpi");
  await clock.advanceAsync(10_000);
  putFunction(cluster, { name: "dpi", failurePolicy: "Block", generation: 2 });
  await clock.advanceAsync(20);
  expect((await statusOf(cluster))?.outages).toMatchObject([{ function: "dpi", effect: "Blocking" }]);
  expect(reasons(cluster).filter((said) => said.includes("Function"))).toEqual([
    "Warning FunctionBypassed",
    "Warning FunctionBlocking",
  ]);
});

test("another leader goes on with the same time and says nothing twice; the one before shows nothing any more", async () => {
  const { cluster, clock, registry, lead } = await programmed();
  lose(cluster, "dpi");
  await clock.advanceAsync(10_000);
  const before = (await statusOf(cluster))?.outages;
  const eventCount = cluster.events.length;
  lead.isLeader = false;
  lead.tell(false);
  expect(await shown(registry)).toEqual([]);
  const after = start(cluster, clock);
  await clock.advanceAsync(10_000);
  expect((await statusOf(cluster))?.outages).toEqual(before);
  expect(cluster.events).toHaveLength(eventCount);
  expect(await shown(after.registry)).toHaveLength(1);
});

test("a chain that is not accepted has none: its traffic goes straight", async () => {
  const { cluster, clock } = await programmed();
  lose(cluster, "dpi");
  await clock.advanceAsync(10_000);
  putChain(cluster, { functions: ["firewall", "dpi", "absent"], generation: 2 });
  await clock.advanceAsync(20);
  expect((await statusOf(cluster))?.outages).toBeUndefined();
});
