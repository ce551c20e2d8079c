import type { MeasuredPair } from "../../../core/graph/delay-table.ts";
import type { ClusterNode } from "../../../core/model/cluster-node.ts";
import { type GroupLatencies, haveMoved, type LatencyOptions, measuredLatencies } from "./measured-latencies.ts";

export interface CurrentLatencyOptions extends LatencyOptions {
  /** Latencies stay as they are until one differs by more than this part. */
  readonly latencyChange: number;
}

/** Worked out again only for other nodes or other pairs, and steady: every change of a latency is another network to split. */
export class CurrentLatencies {
  readonly #options: CurrentLatencyOptions;
  #nodes: readonly ClusterNode[] = [];
  #pairs: readonly MeasuredPair[] = [];
  #current: GroupLatencies = new Map();

  constructor(options: CurrentLatencyOptions) {
    this.#options = options;
  }

  /** How many pairs were heard of last. */
  get pairCount(): number {
    return this.#pairs.length;
  }

  /** Takes in another answer. */
  observe(pairs: readonly MeasuredPair[], nodes: readonly ClusterNode[]): GroupLatencies {
    if (nodes === this.#nodes && pairs === this.#pairs) return this.#current;
    this.#nodes = nodes;
    this.#pairs = pairs;
    const next = measuredLatencies(nodes, pairs, this.#options);
    if (haveMoved(this.#current, next, this.#options.latencyChange)) this.#current = next;
    return this.#current;
  }

  /** By what was heard last. */
  of(nodes: readonly ClusterNode[]): GroupLatencies {
    return this.observe(this.#pairs, nodes);
  }
}
