/** A cost tree from a table of delays between nodes. */
import type { CostTree } from "./cost-tree.ts";
import { invariant, present } from "./invariant.ts";

export interface ClusteredCosts {
  readonly tree: CostTree;
  /** How far the tree is from the delays of all ordered pairs of two nodes: |tree - delay| / delay, or / mean delay where that is 0. */
  readonly errorMax: number;
  readonly errorMean: number;
}

/** Most nodes of a table: it takes 8 bytes for each pair. */
export const clusteredNodesMax = 2000;

/**
 * Average-linkage clustering: again and again the two groups become one that are nearest to each other, by the mean of the delays
 * between their nodes in both directions, and that is what a byte costs in it. Found by chains of nearest neighbours.
 * O(nodes^2) time and memory. Source: F. Murtagh, The Computer Journal 26 (1983) 354.
 *
 * @param delays by node and node, at least 0; at most `clusteredNodesMax` of them.
 */
export function clusterDelays(delays: readonly (readonly number[])[]): ClusteredCosts {
  invariant(delays.length <= clusteredNodesMax, "as many nodes as a table may have");
  const clustering = new Clustering(delays);
  while (clustering.isDivided()) clustering.mergeNearest();
  return clustering.result();
}

class Clustering {
  readonly #delays: readonly (readonly number[])[];
  /** Mean delays between groups by slot; a group's slot is that of one of its nodes. */
  readonly #between: Float64Array;
  /** By slot that has a group. */
  readonly #groups = new Map<number, { readonly number: number; readonly nodes: readonly number[] }>();
  readonly #parent: number[] = [];
  readonly #cost: number[] = [];
  /** Slots, each the nearest to the one before. */
  readonly #chain: number[] = [];
  readonly #meanDelay: number;
  #errorMax = 0;
  #errorSum = 0;

  constructor(delays: readonly (readonly number[])[]) {
    const count = delays.length;
    this.#delays = delays;
    this.#between = new Float64Array(count * count);
    for (let i = 0; i < count; i++) {
      this.#groups.set(i, { number: i, nodes: [i] });
      this.#parent.push(-1);
      this.#cost.push(this.#delay(i, i));
      for (let j = 0; j < count; j++) this.#between[i * count + j] = (this.#delay(i, j) + this.#delay(j, i)) / 2;
    }
    this.#meanDelay = meanOfPairs(delays);
  }

  isDivided(): boolean {
    return this.#groups.size > 1;
  }

  /** Follows the chain until two groups are each other's nearest. */
  mergeNearest(): void {
    const chain = this.#chain;
    if (chain.length === 0) chain.push(present(this.#groups.keys().next().value, "a group"));
    for (;;) {
      const last = present(chain.at(-1), "end of the chain");
      const before = chain.at(-2);
      const nearest = this.#nearestTo(last, before);
      if (nearest === before) break;
      chain.push(nearest);
    }
    this.#merge(present(chain.pop(), "a group"), present(chain.pop(), "a group"));
  }

  result(): ClusteredCosts {
    const cost = Float64Array.from(this.#cost);
    for (let group = cost.length - 1; group >= 0; group--)
      cost[group] = Math.min(cost[group] ?? 0, cost[this.#parent[group] ?? -1] ?? Number.POSITIVE_INFINITY);
    const pairs = this.#delays.length * (this.#delays.length - 1);
    return {
      tree: { parent: Int32Array.from(this.#parent), cost },
      errorMax: this.#errorMax,
      errorMean: pairs > 0 ? this.#errorSum / pairs : 0,
    };
  }

  /** The one before in the chain if none is nearer, so that the chain ends. */
  #nearestTo(slot: number, before: number | undefined): number {
    let [nearest, least] = [
      before ?? -1,
      before === undefined ? Number.POSITIVE_INFINITY : this.#distance(slot, before),
    ];
    for (const other of this.#groups.keys()) {
      if (other === slot || (nearest >= 0 && this.#distance(slot, other) >= least)) continue;
      nearest = other;
      least = this.#distance(slot, other);
    }
    return nearest;
  }

  #merge(one: number, other: number): void {
    const [a, b] = [present(this.#groups.get(one), "a group"), present(this.#groups.get(other), "a group")];
    // A mean of means is no less than these, but for rounding.
    const costs = [a, b].map(({ number, nodes }) => (nodes.length > 1 ? (this.#cost[number] ?? 0) : 0));
    const cost = Math.max(this.#distance(one, other), ...costs);
    this.#countErrors(a.nodes, b.nodes, cost);
    const number = this.#parent.length;
    this.#parent[a.number] = number;
    this.#parent[b.number] = number;
    this.#parent.push(-1);
    this.#cost.push(cost);
    this.#groups.delete(other);
    this.#groups.set(one, { number, nodes: [...a.nodes, ...b.nodes] });
    this.#average(one, other, a.nodes.length / (a.nodes.length + b.nodes.length));
  }

  #average(one: number, other: number, partOfOne: number): void {
    const count = this.#delays.length;
    for (const slot of this.#groups.keys()) {
      const mean = partOfOne * this.#distance(one, slot) + (1 - partOfOne) * this.#distance(other, slot);
      this.#between[one * count + slot] = mean;
      this.#between[slot * count + one] = mean;
    }
  }

  #countErrors(some: readonly number[], others: readonly number[], cost: number): void {
    for (const i of some)
      for (const j of others)
        for (const delay of [this.#delay(i, j), this.#delay(j, i)]) {
          const base = delay > 0 ? delay : this.#meanDelay;
          const error = base > 0 ? Math.abs(cost - delay) / base : 0;
          this.#errorMax = Math.max(this.#errorMax, error);
          this.#errorSum += error;
        }
  }

  #distance(one: number, other: number): number {
    return this.#between[one * this.#delays.length + other] ?? 0;
  }

  #delay(from: number, to: number): number {
    return present(this.#delays[from]?.[to], "a delay");
  }
}

function meanOfPairs(delays: readonly (readonly number[])[]): number {
  let sum = 0;
  for (const [i, row] of delays.entries()) for (const [j, delay] of row.entries()) if (i !== j) sum += delay;
  return delays.length > 1 ? sum / (delays.length * (delays.length - 1)) : 0;
}
