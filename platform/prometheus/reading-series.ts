/** Gathers the samples of one look at a flow source: flows, how far nodes are from each other, and how paths fare. */
import type { FlowReading } from "../../core/model/flow.ts";
import type { Log } from "../../core/ports/log.ts";
import { DelaySeries, delayMetricNames } from "./delay-series.ts";
import { type FlowSample, FlowSeries, flowMetricNames } from "./flow-series.ts";
import { HopSeries, hopMetricNames } from "./hop-series.ts";
import { PathSeries, pathMetricNames } from "./path-series.ts";

export const readMetricNames: readonly string[] = [
  ...flowMetricNames,
  ...delayMetricNames,
  ...pathMetricNames,
  ...hopMetricNames,
];
const names: ReadonlySet<string> = new Set(readMetricNames);

export function isReadMetric(name: string): boolean {
  return names.has(name);
}

export class ReadingSeries {
  readonly #flows: FlowSeries;
  readonly #delays: DelaySeries;
  readonly #paths: PathSeries;
  readonly #hops: HopSeries;

  /** @param countersMax of flows, and as many each of delays, paths and hops. */
  constructor(countersMax: number) {
    this.#flows = new FlowSeries(countersMax);
    this.#delays = new DelaySeries(countersMax);
    this.#paths = new PathSeries(countersMax);
    this.#hops = new HopSeries(countersMax);
  }

  /** @param reporter tells series of different reporters apart where their labels do not. */
  add(sample: FlowSample, reporter: string): void {
    this.#flows.add(sample, reporter);
    this.#delays.add(sample, reporter);
    this.#paths.add(sample, reporter);
    this.#hops.add(sample, reporter);
  }

  /** What was gathered; what the limits left out is logged. */
  reading(atMs: number, log: Log): FlowReading {
    const all = [this.#flows, this.#delays, this.#paths, this.#hops];
    const leftOut = all.reduce((sum, series) => sum + series.leftOut, 0);
    if (leftOut > 0) log.warn("flow counters over the limit were left out", { leftOut });
    const [counters, delays] = [this.#flows.counters(), this.#delays.delays()];
    return { atMs, counters, delays, paths: this.#paths.paths(), hops: this.#hops.hops() };
  }
}
