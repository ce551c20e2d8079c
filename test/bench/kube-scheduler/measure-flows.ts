/**
 * Runs the lab on examples/5g-core, and keeps what its proxies metered as a TrafficProfile: the flows that the benchmarks on the
 * real kube-scheduler place by. Writes test/data/5g-core-flows.json. `node test/bench/kube-scheduler/measure-flows.ts`
 */
import { writeFileSync } from "node:fs";
import { Registry } from "prom-client";
import type { FlowCounter } from "../../../core/model/flow.ts";
import { proxyMetricsUrl } from "../../../core/model/mesh-snapshot.ts";
import type { ProfileFlow } from "../../../core/model/traffic-profile.ts";
import { podAddress } from "../../../lab/address-plan.ts";
import { labConfigSchema, placements } from "../../../lab/lab-config.ts";
import { runLab } from "../../../lab/run-lab.ts";
import { readWorld } from "../../../lab/world.ts";
import { createSystemClock } from "../../../platform/clock/system-clock.ts";
import { createLog } from "../../../platform/log/pino-log.ts";
import { createScrapeFlowSource } from "../../../platform/prometheus/scrape-flow-source.ts";
import { trafficProfileObject } from "../../../platform/schema/traffic-profile.ts";
import { profileFile } from "./measured-flows.ts";

const clock = createSystemClock();
const log = createLog({ level: "error", name: "lab", destination: process.stderr });
const config = labConfigSchema.parse({});
let startedMs = 0;
const progress = (line: string) => {
  console.log(line);
  startedMs = clock.nowMs();
};
const world = readWorld(config.manifests);
const lab = await runLab(world, config, { clock, log, random: Math.random, progress });
try {
  const endedMs = clock.nowMs();
  const source = createScrapeFlowSource({ targets: lastPods, clock, log, registry: new Registry() });
  const { counters } = await source.read(AbortSignal.timeout(10_000));
  const flows = byPair(counters, (endedMs - startedMs) / 1000);
  writeFileSync(profileFile, `${JSON.stringify(trafficProfileObject({ namespace: "default", flows }), null, 2)}\n`);
  for (const flow of flows) console.log(`${flow.source} > ${flow.destination}: ${Math.round(rateOf(flow))} bytes/s`);
} finally {
  await lab.stop();
}

/** Of the last placement, whose proxies go on running, with the counters of all its load. */
function lastPods(): readonly string[] {
  const podCount = world.deployments.reduce((sum, { replicas }) => sum + replicas, 0);
  const first = (placements.length - 1) * podCount;
  return Array.from({ length: podCount }, (_, pod) => proxyMetricsUrl(podAddress(first + pod)));
}

/** Largest first, on average over the load; counters of a pair's pods and hops are added. */
function byPair(counters: readonly FlowCounter[], seconds: number): readonly ProfileFlow[] {
  const pairs = Map.groupBy(counters, ({ source, destination }) => `${source.workload}>${destination.workload}`);
  const flows = [...pairs.values()].flatMap((all): ProfileFlow[] => {
    const rate = (of: (counter: FlowCounter) => number) =>
      Math.round(all.reduce((sum, counter) => sum + of(counter), 0) / seconds);
    return all.slice(0, 1).map(({ source, destination }) => ({
      source: source.workload,
      destinationNamespace: destination.namespace,
      destination: destination.workload,
      requestBytesPerSecond: rate(({ requestBytes }) => requestBytes),
      responseBytesPerSecond: rate(({ responseBytes }) => responseBytes),
      lastAtMs: clock.nowMs(),
    }));
  });
  return flows.toSorted((a, b) => rateOf(b) - rateOf(a));
}

function rateOf({ requestBytesPerSecond, responseBytesPerSecond }: ProfileFlow): number {
  return requestBytesPerSecond + responseBytesPerSecond;
}
