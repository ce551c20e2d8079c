/** Routes to one node that the solver chooses: for each origin with traffic some ways with their shares. */
import { type CheapestWays, NO_LINK } from "../../../core/graph/cheapest-ways.ts";
import type { LinkColumns } from "../../../core/graph/downhill.ts";
import type { RoutesTo } from "../../../core/graph/routes-to.ts";
import type { RouteShare } from "../../../core/model/split-network.ts";

export interface RouteWay {
  readonly links: Int32Array;
  /** Part of what sets out at the origin; the shares of an origin sum to 1. */
  share: number;
}

export class FreeRoutes implements RoutesTo {
  readonly to: number;
  readonly latencyMs: Float64Array;
  readonly slowestMs: Float64Array;
  readonly #columns: LinkColumns;
  readonly #search: CheapestWays;
  /** Where origins without traffic would send theirs. */
  readonly #nextLinks: Int32Array;
  readonly #ways = new Map<number, RouteWay[]>();

  /** To begin with by the shortest ways. The search is shared by all destinations: its answers last until the next one. */
  constructor(to: number, columns: LinkColumns, search: CheapestWays) {
    this.to = to;
    this.#columns = columns;
    this.#search = search;
    search.search(to, columns.latencyMs);
    this.#nextLinks = Int32Array.from(search.nextLinks);
    this.latencyMs = Float64Array.from(search.costs);
    this.slowestMs = this.latencyMs;
  }

  /** By the cheapest ways there are, whether they are in use or not: what the cheapest split would pay. */
  costs(linkCosts: Float64Array, costs: Float64Array): void {
    this.#search.search(this.to, linkCosts);
    costs.set(this.#search.costs);
  }

  load(amounts: Float64Array, linkLoads: Float64Array): void {
    for (const [node, amount] of amounts.entries()) {
      if (amount === 0) continue;
      amounts[node] = 0;
      for (const { links, share } of this.waysFrom(node))
        for (const link of links) linkLoads[link] = (linkLoads[link] ?? 0) + amount * share;
    }
  }

  sharesFrom(node: number): readonly RouteShare[] {
    const shares = new Map<number, number>();
    for (const { links, share } of this.waysFrom(node))
      for (const link of links) shares.set(link, (shares.get(link) ?? 0) + share);
    return [...shares].map(([link, share]) => ({ link, share }));
  }

  /** They may be changed, if what they load is accounted for; what is added stays. */
  waysFrom(node: number): RouteWay[] {
    const known = this.#ways.get(node);
    if (known) return known;
    const ways = [{ links: this.#follow(this.#nextLinks, node), share: 1 }];
    this.#ways.set(node, ways);
    return ways;
  }

  take(node: number, ways: RouteWay[]): void {
    this.#ways.set(node, ways);
  }

  /** Searches at these costs; origins without traffic will use what is found. Those with traffic keep their ways. */
  search(linkCosts: Float64Array, hasTraffic: (node: number) => boolean): void {
    for (const node of this.#ways.keys()) if (!hasTraffic(node)) this.#ways.delete(node);
    this.#search.search(this.to, linkCosts);
    this.#nextLinks.set(this.#search.nextLinks);
  }

  /** The way that the last search found. */
  cheapestFrom(node: number): Int32Array {
    return this.#follow(this.#nextLinks, node);
  }

  /** Call when ways or searches have changed. */
  measureLatencies(): void {
    for (const node of this.latencyMs.keys()) {
      if (this.latencyMs[node] === Infinity) continue;
      const ways = this.#ways.get(node) ?? [{ links: this.cheapestFrom(node), share: 1 }];
      this.latencyMs[node] = ways.reduce((sum, { links, share }) => sum + share * this.latencyOf(links), 0);
    }
  }

  latencyOf(links: Int32Array): number {
    return links.reduce((sum, link) => sum + (this.#columns.latencyMs[link] ?? 0), 0);
  }

  /** A copy of all ways that are in use, to come back to. */
  copyWays(): Map<number, readonly RouteWay[]> {
    return new Map([...this.#ways].map(([node, ways]) => [node, ways.map((way) => ({ ...way }))]));
  }

  #follow(nextLinks: Int32Array, from: number): Int32Array {
    const links: number[] = [];
    for (let node = from; node !== this.to; ) {
      const link = nextLinks[node] ?? NO_LINK;
      if (link === NO_LINK) break;
      links.push(link);
      node = this.#columns.to[link] ?? this.to;
    }
    return Int32Array.from(links);
  }
}
