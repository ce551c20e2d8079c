/** Where routes are free: moves traffic between two nodes to the way that is cheapest between them. */

import { NONE } from "./flow-program.ts";
import { type FlowState, trafficOf } from "./flow-state.ts";
import type { FreeRoutes, RouteWay } from "./free-routes.ts";
import { ShiftDirection } from "./shift-direction.ts";

/** After the first, among the ways that are known, since it takes some for those of different origins to be level. */
const PASSES = 4;
/** Ways whose prices differ by less are the same. */
const SAME_PRICE = 1e-5;
/** Shares below it are none. */
const NEGLIGIBLE = 1e-12;

/**
 * All traffic of a pair of nodes is alike to links, whichever chain it belongs to. So its ways are chosen once for all of it, and
 * where both no chain gains by other instances and no pair by other ways, nothing does: the program is convex in both together.
 */
export class Rerouter {
  readonly #state: FlowState;
  readonly #direction: ShiftDirection;

  constructor(state: FlowState) {
    this.#state = state;
    this.#direction = new ShiftDirection(state.potential, state.program.capacities);
  }

  /** Nothing where routes are given. Time O(destinations * links * log links). */
  run(): void {
    const { program, potential, pairLoads } = this.#state;
    const { freeRoutes, nodeCount } = program;
    if (freeRoutes.length === 0) return;
    const traffic = trafficOf(this.#state);
    for (let pass = 0; pass < PASSES; pass += 1)
      for (const [slot, routes] of freeRoutes.entries()) {
        const amounts = traffic[slot];
        if (pass === 0) this.#search(routes, amounts);
        for (const [node, amount] of amounts?.entries() ?? [])
          if (amount > 0) this.#shift(routes, routes.waysFrom(node), amount);
      }
    for (const [slot, routes] of freeRoutes.entries()) {
      routes.measureLatencies();
      potential.pairLatencyMs.set(routes.latencyMs, slot * nodeCount);
    }
    pairLoads.forget();
    potential.refreshPairs();
  }

  /** Every origin with traffic gets the way that is cheapest now besides those it has. */
  #search(routes: FreeRoutes, amounts: Float64Array | undefined): void {
    const { potential } = this.#state;
    const hasTraffic = (node: number) => (amounts?.[node] ?? 0) > 0;
    for (const [node, amount] of amounts?.entries() ?? []) if (amount > 0) routes.waysFrom(node);
    const prices = Float64Array.from(potential.linkPrices, (_, link) => potential.priceOfLink(link));
    routes.search(prices, hasTraffic);
    for (const [node, amount] of amounts?.entries() ?? []) {
      if (amount === 0) continue;
      const [ways, links] = [routes.waysFrom(node), routes.cheapestFrom(node)];
      if (!ways.some((way) => isSame(way.links, links))) ways.push({ links, share: 0 });
    }
  }

  #shift(routes: FreeRoutes, ways: RouteWay[], amount: number): void {
    if (ways.length < 2) return;
    const priced = ways.map((way) => ({ way, price: this.#priceOf(way.links) }));
    const cheapest = priced.reduce((a, b) => (b.price < a.price ? b : a));
    const dearest = priced.filter(({ way }) => way.share > 0).reduce((a, b) => (b.price > a.price ? b : a));
    if (dearest.price - cheapest.price <= SAME_PRICE * dearest.price) return;
    this.#add(cheapest.way.links, amount);
    this.#add(dearest.way.links, -amount);
    const delay = amount * (routes.latencyOf(cheapest.way.links) - routes.latencyOf(dearest.way.links));
    const step = this.#direction.go(dearest.way.share, delay);
    cheapest.way.share += step;
    dearest.way.share = Math.max(0, dearest.way.share - step);
    if (dearest.way.share > NEGLIGIBLE) return;
    cheapest.way.share += dearest.way.share;
    ways.splice(ways.indexOf(dearest.way), 1);
  }

  #priceOf(links: Int32Array): number {
    return links.reduce((sum, link) => sum + this.#state.potential.priceOfLink(link), 0);
  }

  #add(links: Int32Array, amount: number): void {
    for (const link of links) {
      const resource = this.#state.program.ofLink[link] ?? NONE;
      if (resource !== NONE) this.#direction.add(resource, amount);
    }
  }
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((link, index) => link === b[index]);
}
