/** Which metrics speak of how far nodes are from each other, and how their labels become a delay. */
import type { DelaySample } from "../../core/model/flow.ts";
import type { FlowSample } from "./flow-series.ts";
import { remainingLabels } from "./remaining-labels.ts";

const countMetric = "weft_proxy_connect_seconds_count";
const leastMetric = "weft_proxy_connect_least_seconds";

export const delayMetricNames: readonly string[] = [countMetric, leastMetric];

const capturedLabels: ReadonlySet<string> = new Set(["__name__", "source_node", "destination_node"]);

interface Halves {
  readonly sourceNode: string;
  readonly destinationNode: string;
  readonly series: string;
  connections?: number;
  leastMs?: number;
}

/** Gathers samples into delays, at most `delaysMax`. Other meshes have no such metrics; a series of which only one half is there is left out. */
export class DelaySeries {
  readonly #halves = new Map<string, Halves>();
  readonly #delaysMax: number;
  #leftOut = 0;

  constructor(delaysMax: number) {
    this.#delaysMax = delaysMax;
  }

  /** Samples beyond the limit. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** @param reporter tells series of different reporters apart where their labels do not. */
  add({ name, labels, value }: FlowSample, reporter: string): void {
    if (name !== countMetric && name !== leastMetric) return;
    const [sourceNode, destinationNode] = [labels.get("source_node") ?? "", labels.get("destination_node") ?? ""];
    if (!isKnown(sourceNode) || !isKnown(destinationNode)) return;
    const series = `${reporter}|${remainingLabels(labels, capturedLabels)}`;
    const key = JSON.stringify([sourceNode, destinationNode, series]);
    const known = this.#halves.get(key);
    if (!known && this.#halves.size >= this.#delaysMax) {
      this.#leftOut += 1;
      return;
    }
    const halves = known ?? { sourceNode, destinationNode, series };
    if (name === countMetric) halves.connections = value;
    else halves.leastMs = value * 1000;
    this.#halves.set(key, halves);
  }

  delays(): readonly DelaySample[] {
    return [...this.#halves.values()].flatMap(({ connections, leastMs, ...pair }) =>
      connections === undefined || leastMs === undefined ? [] : [{ ...pair, connections, leastMs }],
    );
  }
}

function isKnown(node: string): boolean {
  return node !== "" && node !== "unknown";
}
