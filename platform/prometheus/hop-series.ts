/** Which metrics speak of how long a path's hops take, and how their labels become a sample. */
import type { HopSample } from "../../core/model/flow.ts";
import type { FlowSample } from "./flow-series.ts";
import { remainingLabels } from "./remaining-labels.ts";

interface TimeMetric {
  readonly of: "function" | "answer";
  readonly part: "count" | "sumMs";
}

const timeMetrics: ReadonlyMap<string, TimeMetric> = new Map([
  ["weft_hop_function_seconds_count", { of: "function", part: "count" }],
  ["weft_hop_function_seconds_sum", { of: "function", part: "sumMs" }],
  ["weft_hop_answer_seconds_count", { of: "answer", part: "count" }],
  ["weft_hop_answer_seconds_sum", { of: "answer", part: "sumMs" }],
]);

export const hopMetricNames: readonly string[] = [...timeMetrics.keys()];

const capturedLabels: ReadonlySet<string> = new Set(["__name__", "weft_chain", "weft_spi", "weft_hop", "of"]);

type MutableHop = Omit<HopSample, "function" | "answer"> & Record<TimeMetric["of"], Record<TimeMetric["part"], number>>;

/** Gathers samples of hops, at most `hopsMax`. How long connections took to be taken is not of interest: requests are timed whole. */
export class HopSeries {
  readonly #hops = new Map<string, MutableHop>();
  readonly #hopsMax: number;
  #leftOut = 0;

  constructor(hopsMax: number) {
    this.#hopsMax = hopsMax;
  }

  /** Samples beyond the limit. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** @param reporter tells series of different reporters apart where their labels do not. */
  add({ name, labels, value }: FlowSample, reporter: string): void {
    const metric = timeMetrics.get(name);
    if (!metric || labels.get("of") === "connection") return;
    const chain = labels.get("weft_chain") ?? "";
    const [spi, serviceIndex] = [numberIn(labels, "weft_spi"), numberIn(labels, "weft_hop")];
    if (chain === "" || !Number.isInteger(spi) || !Number.isInteger(serviceIndex)) return;
    const who = `${reporter}|${remainingLabels(labels, capturedLabels)}`;
    const key = JSON.stringify([chain, spi, serviceIndex, who]);
    const known = this.#hops.get(key);
    if (!known && this.#hops.size >= this.#hopsMax) {
      this.#leftOut += 1;
      return;
    }
    const hop = known ?? {
      ...{ chain, spi, serviceIndex, reporter: who },
      ...{ function: { count: 0, sumMs: 0 }, answer: { count: 0, sumMs: 0 } },
    };
    hop[metric.of][metric.part] = metric.part === "count" ? value : value * 1000;
    this.#hops.set(key, hop);
  }

  hops(): readonly HopSample[] {
    return [...this.#hops.values()];
  }
}

function numberIn(labels: ReadonlyMap<string, string>, name: string): number {
  return Number(labels.get(name) || Number.NaN);
}
