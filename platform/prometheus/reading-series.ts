/** Gathers the samples of one look at a flow source: flows, how far nodes are from each other, and how paths fare. */
import type { FlowReading } from "../../core/model/flow.ts";
import type { Log } from "../../core/ports/log.ts";
import { DelaySeries, delayMetricNames } from "./delay-series.ts";
import { type FlowSample, FlowSeries, flowMetricNames } from "./flow-series.ts";
import { PathSeries, pathMetricNames } from "./path-series.ts";

export const readMetricNames: readonly string[] = [...flowMetricNames, ...delayMetricNames, ...pathMetricNames];
const names: ReadonlySet<string> = new Set(readMetricNames);

export function isReadMetric(name: string): boolean {
  return names.has(name);
}

export class ReadingSeries {
  readonly #flows: FlowSeries;
  readonly #delays: DelaySeries;
  readonly #paths: PathSeries;

  /** @param countersMax of flows, as many of delays, and as many of paths. */
  constructor(countersMax: number) {
    this.#flows = new FlowSeries(countersMax);
    this.#delays = new DelaySeries(countersMax);
    this.#paths = new PathSeries(countersMax);
  }

  /** @param reporter tells series of different reporters apart where their labels do not. */
  add(sample: FlowSample, reporter: string): void {
    this.#flows.add(sample, reporter);
    this.#delays.add(sample, reporter);
    this.#paths.add(sample, reporter);
  }

  /** What was gathered; what the limits left out is logged. */
  reading(atMs: number, log: Log): FlowReading {
    const leftOut = this.#flows.leftOut + this.#delays.leftOut + this.#paths.leftOut;
    if (leftOut > 0) log.warn("flow counters over the limit were left out", { leftOut });
    const [delays, paths] = [this.#delays.delays(), this.#paths.paths()];
    return { atMs, counters: this.#flows.counters(), delays, paths };
  }
}
