/** Which metrics speak of how traffic fares on a path, and how their labels become a sample. */
import type { PathSample } from "../../core/model/flow.ts";
import type { FlowSample } from "./flow-series.ts";
import { remainingLabels } from "./remaining-labels.ts";

const attemptsMetric = "weft_path_attempts_total";
const failuresMetric = "weft_path_failures_total";

export const pathMetricNames: readonly string[] = [attemptsMetric, failuresMetric];

const capturedLabels: ReadonlySet<string> = new Set(["__name__", "weft_chain", "weft_spi"]);

interface Halves extends Pick<PathSample, "chain" | "spi" | "reporter"> {
  attempts?: number;
  failures?: number;
}

/** Gathers samples of paths, at most `pathsMax`; one of which only one half is there is left out. */
export class PathSeries {
  readonly #halves = new Map<string, Halves>();
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
    if (name !== attemptsMetric && name !== failuresMetric) return;
    const [chain, spi] = [labels.get("weft_chain") ?? "", Number(labels.get("weft_spi") || Number.NaN)];
    if (chain === "" || !Number.isInteger(spi)) return;
    const who = `${reporter}|${remainingLabels(labels, capturedLabels)}`;
    const key = JSON.stringify([chain, spi, who]);
    const known = this.#halves.get(key);
    if (!known && this.#halves.size >= this.#pathsMax) {
      this.#leftOut += 1;
      return;
    }
    const halves = known ?? { chain, spi, reporter: who };
    halves[name === attemptsMetric ? "attempts" : "failures"] = value;
    this.#halves.set(key, halves);
  }

  paths(): readonly PathSample[] {
    return [...this.#halves.values()].flatMap(({ attempts, failures, ...path }) =>
      attempts === undefined || failures === undefined ? [] : [{ ...path, attempts, failures }],
    );
  }
}
