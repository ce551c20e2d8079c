/**
 * A program of its own: the cluster, mesh-control and the chain controller. The first message is the world; then `renew` gives
 * chains a new generation and answers when each has its path, and `figures` tells what the programs say of themselves.
 */

import { controlConfigSchema } from "../../../mesh-control/control-config.ts";
import { startControl } from "../../../mesh-control/start-control.ts";
import { createSystemClock } from "../../../platform/clock/system-clock.ts";
import { createMemoryCluster } from "../../../platform/memory/memory-cluster.ts";
import { createRegistry } from "../../../platform/prometheus/registry.ts";
import { sfcConfigSchema } from "../../../sfc/sfc-config.ts";
import { startSfc } from "../../../sfc/start-sfc.ts";
import type { ChainWorld } from "./chain-world.ts";
import { log } from "./stderr-log.ts";
import { wallMs } from "./wall-clock.ts";

export type ControlRequest =
  | { readonly kind: "start"; readonly world: ChainWorld; readonly host: string; readonly sfc: SfcTimes }
  /** The first so many chains. */
  | { readonly kind: "renew"; readonly count: number }
  | { readonly kind: "figures" };

export interface SfcTimes {
  readonly activationDelayMs: number;
  readonly drainMs: number;
}

export interface Renewal {
  readonly askedAtMs: number;
  /** The last of the paths was activated. */
  readonly activeAtMs: number;
  /** Every proxy runs the newest snapshot there is for it. */
  readonly runningAtMs: number;
}

export interface ControlFigures {
  readonly lookCount: number;
  readonly lookMsSum: number;
  readonly buildCount: number;
  readonly buildMsSum: number;
}

const POLL_MS = 20;
const clock = createSystemClock();
const cluster = createMemoryCluster();
const registries = { sfc: createRegistry({ component: "sfc", version: "bench" }), control: createRegistry({ component: "control", version: "bench" }) }; // biome-ignore format: short
let controlUrl = "";

process.on("disconnect", () => process.exit(0));
process.on("message", (request: ControlRequest) => {
  answer(request).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      log.error(String(error));
      process.exit(1);
    },
  );
});

async function answer(request: ControlRequest): Promise<unknown> {
  switch (request.kind) {
    case "start":
      return start(request);
    case "renew":
      return renew(request.count);
    case "figures":
      return figures();
  }
}

async function start({ world, host, sfc }: Extract<ControlRequest, { kind: "start" }>): Promise<string> {
  for (const node of world.nodes) cluster.nodes.put(node);
  for (const service of world.services) cluster.services.put(service);
  for (const each of world.functions) cluster.serviceFunctions.put(each);
  for (const { pod } of world.pods) cluster.pods.put(pod);
  for (const chain of world.chains) cluster.serviceFunctionChains.put(chain);
  const deps = { view: cluster, clock, log };
  const control = await startControl(controlConfigSchema.parse({ host, port: 0 }), { ...deps, registry: registries.control }); // biome-ignore format: short
  controlUrl = control.url;
  await startSfc(sfcConfigSchema.parse({ host, port: 0, ...sfc }), {
    ...deps,
    writer: cluster.writer,
    recorder: cluster.recorder,
    leadership: { isLeader: true, subscribe: () => () => {} },
    registry: registries.sfc,
  });
  await until(() => activeCount() === world.chains.length);
  return control.url;
}

async function renew(count: number): Promise<Renewal> {
  const chains = cluster.serviceFunctionChains.list().slice(0, count);
  const askedAtMs = wallMs();
  for (const chain of chains) cluster.serviceFunctionChains.put({ ...chain, generation: chain.generation + 1 });
  await until(() => activeCount() === cluster.serviceFunctionChains.list().length);
  const activeAtMs = wallMs();
  await until(areProxiesCurrent);
  return { askedAtMs, activeAtMs, runningAtMs: wallMs() };
}

/** Chains that have an active path of their generation. */
function activeCount(): number {
  const active = cluster.serviceFunctionPaths.list().filter(({ isActive }) => isActive);
  const known = new Set(active.map(({ chain, chainGeneration }) => `${chain} ${chainGeneration}`));
  return cluster.serviceFunctionChains.list().filter(({ name, generation }) => known.has(`${name} ${generation}`))
    .length;
}

interface ProxyStatus {
  readonly isConnected: boolean;
  readonly sentVersion?: number;
  readonly runningVersion?: number;
}

async function areProxiesCurrent(): Promise<boolean> {
  const response = await fetch(`${controlUrl}/v1/proxies`);
  const { proxies } = (await response.json()) as { proxies: readonly ProxyStatus[] };
  const connected = proxies.filter(({ isConnected }) => isConnected);
  return connected.every(
    ({ sentVersion, runningVersion }) => sentVersion !== undefined && sentVersion === runningVersion,
  );
}

async function figures(): Promise<ControlFigures> {
  const value = async (registry: (typeof registries)["sfc"], name: string, part: "sum" | "count") => {
    const found = (await registry.getMetricsAsJSON()).find((metric) => metric.name === name);
    const sample = found?.values.find((each) => "metricName" in each && each.metricName === `${name}_${part}`);
    return sample?.value ?? 0;
  };
  const [look, build] = ["weft_sfc_reconcile_duration_seconds", "weft_control_build_duration_seconds"] as const;
  return {
    lookCount: await value(registries.sfc, look, "count"),
    lookMsSum: 1000 * (await value(registries.sfc, look, "sum")),
    buildCount: await value(registries.control, build, "count"),
    buildMsSum: 1000 * (await value(registries.control, build, "sum")),
  };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise<void>((resolve) => clock.after(POLL_MS, resolve));
}
