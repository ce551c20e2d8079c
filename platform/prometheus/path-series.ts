/** Which metrics speak of how traffic fares on a path, and how their labels become a sample. */
import type { PathSample } from "../../core/model/flow.ts";
import type { FlowSample } from "./flow-series.ts";
import { remainingLabels } from "./remaining-labels.ts";

const attemptMetrics = ["weft_hop_connections_total", "weft_hop_requests_total"];
const failuresMetric = "weft_hop_errors_total";
const answerMetrics = ["weft_hop_answer_seconds_count", "weft_hop_answer_seconds_sum"];

export const pathMetricNames: readonly string[] = [...attemptMetrics, failuresMetric, ...answerMetrics];

const names: ReadonlySet<string> = new Set(pathMetricNames);
const capturedLabels: ReadonlySet<string> = new Set(["__name__", "weft_chain", "weft_spi", "weft_hop", "reason", "of"]);

interface Tally extends Pick<PathSample, "chain" | "spi" | "reporter"> {
  attempts: number;
  failures: number;
  readonly answer: { count: number; sumMs: number };
}

/**
 * Gathers samples of paths, at most `pathsMax`, from what classifiers' proxies count: they see all that is put on a path, and hear
 * of whatever fails behind them. A client that breaks off is no failure of the path.
 */
export class PathSeries {
  readonly #tallies = new Map<string, Tally>();
  readonly #pathsMax: number;
  #leftOut = 0;

  constructor(pathsMax: number) {
    this.#pathsMax = pathsMax;
  }

  /** Samples beyond the limit. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** @param reporter tells series of different reporters apart where their labels do not. */
  add({ name, labels, value }: FlowSample, reporter: string): void {
    if (!names.has(name) || labels.get("weft_hop") !== "classifier") return;
    if (labels.get("reason") === "source_reset" || labels.get("of") === "connection") return;
    const [chain, spi] = [labels.get("weft_chain") ?? "", Number(labels.get("weft_spi") || Number.NaN)];
    if (chain === "" || !Number.isInteger(spi)) return;
    const who = `${reporter}|${remainingLabels(labels, capturedLabels)}`;
    const key = JSON.stringify([chain, spi, who]);
    const known = this.#tallies.get(key);
    if (!known && this.#tallies.size >= this.#pathsMax) {
      this.#leftOut += 1;
      return;
    }
    const tally = known ?? { chain, spi, reporter: who, attempts: 0, failures: 0, answer: { count: 0, sumMs: 0 } };
    if (attemptMetrics.includes(name)) tally.attempts += value;
    else if (name === failuresMetric) tally.failures += value;
    else if (name.endsWith("_count")) tally.answer.count = value;
    else tally.answer.sumMs = value * 1000;
    this.#tallies.set(key, tally);
  }

  /** A connection can fail more than once, as by an answer and by its end. */
  paths(): readonly PathSample[] {
    return [...this.#tallies.values()].map((tally) => {
      return { ...tally, attempts: Math.max(tally.attempts, tally.failures) };
    });
  }
}
