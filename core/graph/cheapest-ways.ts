/** Cheapest ways over links whose costs change: one search serves every origin (Dijkstra, backwards from the destination). */
import type { LinkColumns } from "./downhill.ts";
import { NearestFirst } from "./nearest-first.ts";

/** No link: at the destination, and where no way leads. */
export const NO_LINK = -1;

export class CheapestWays {
  /** By node, after `search`: what a byte costs to the destination; Infinity where no way leads. */
  readonly costs: Float64Array;
  /** By node, after `search`: the link that the cheapest way takes next, or NO_LINK. */
  readonly nextLinks: Int32Array;
  readonly #columns: LinkColumns;
  readonly #isSettled: Uint8Array;
  readonly #queue: NearestFirst;

  constructor(columns: LinkColumns) {
    this.#columns = columns;
    this.costs = new Float64Array(columns.nodeCount);
    this.nextLinks = new Int32Array(columns.nodeCount);
    this.#isSettled = new Uint8Array(columns.nodeCount);
    this.#queue = new NearestFirst(columns.entering.length + 1);
  }

  /** `linkCosts` by link, none below 0. Time O(links * log links), and nothing is allocated. */
  search(to: number, linkCosts: Float64Array): void {
    const { from, entering, enteringStarts } = this.#columns;
    const [costs, nextLinks, isSettled, queue] = [this.costs, this.nextLinks, this.#isSettled, this.#queue];
    costs.fill(Infinity);
    nextLinks.fill(NO_LINK);
    isSettled.fill(0);
    costs[to] = 0;
    queue.push(to, 0);
    while (!queue.isEmpty) {
      const node = queue.pop();
      if (isSettled[node] === 1) continue;
      isSettled[node] = 1;
      const end = enteringStarts[node + 1] ?? 0;
      for (let at = enteringStarts[node] ?? 0; at < end; at += 1) {
        const link = entering[at] ?? 0;
        const origin = from[link] ?? 0;
        const cost = (costs[node] ?? 0) + (linkCosts[link] ?? 0);
        if (cost >= (costs[origin] ?? 0)) continue;
        costs[origin] = cost;
        nextLinks[origin] = link;
        queue.push(origin, cost);
      }
    }
  }
}
