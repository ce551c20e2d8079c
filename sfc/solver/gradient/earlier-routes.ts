/** Free routes of an earlier split as the ways to begin with. */
import type { LinkColumns } from "../../../core/graph/downhill.ts";
import type { NetworkRoute, RouteShare } from "../../../core/model/split-network.ts";
import type { SplitProblem } from "../split-problem.ts";
import type { FlowState } from "./flow-state.ts";
import type { RouteWay } from "./free-routes.ts";

/** Links count by their position, so a network with other links begins with the shortest ways. */
export function resumeRoutes(
  { network, underlay }: SplitProblem,
  state: FlowState,
  routes: readonly NetworkRoute[],
): void {
  const { columns } = underlay;
  const indices = new Map(network.nodes.map((node, index) => [node, index]));
  const toDestination = Map.groupBy(routes, ({ to }) => indices.get(to));
  for (const [slot, free] of state.program.freeRoutes.entries()) {
    for (const { from, links } of toDestination.get(free.to) ?? []) {
      const origin = indices.get(from);
      const ways = origin === undefined ? [] : waysOfRoute(links, { from: origin, to: free.to }, columns);
      if (origin !== undefined && ways.length > 0) free.take(origin, ways);
    }
    free.measureLatencies();
    state.potential.pairLatencyMs.set(free.latencyMs, slot * columns.nodeCount);
  }
}

interface Ends {
  readonly from: number;
  readonly to: number;
}

/** A rest of rounding makes no way. */
const NEGLIGIBLE = 1e-9;

/** One way at least for each link that it empties; none where the shares do not lead from the one end to the other. */
function waysOfRoute(shares: readonly RouteShare[], ends: Ends, columns: LinkColumns): RouteWay[] {
  const left = new Map(shares.map(({ link, share }) => [link, share]));
  const ways: RouteWay[] = [];
  for (let links = fullestWay(left, ends, columns); links.length > 0; links = fullestWay(left, ends, columns)) {
    const share = Math.min(...links.map((link) => left.get(link) ?? 0));
    for (const link of links) left.set(link, (left.get(link) ?? 0) - share);
    ways.push({ links: Int32Array.from(links), share });
  }
  const sum = ways.reduce((total, { share }) => total + share, 0);
  return ways.map(({ links, share }) => ({ links, share: share / sum }));
}

/** From the origin on along the link with most left, as far as the destination; empty where it does not get there. */
function fullestWay(left: ReadonlyMap<number, number>, { from, to }: Ends, columns: LinkColumns): readonly number[] {
  const way: number[] = [];
  for (let node = from; node !== to; node = columns.to[way.at(-1) ?? -1] ?? to) {
    const leaving = [...left].filter(([link, share]) => columns.from[link] === node && share > NEGLIGIBLE);
    const [fullest] = leaving.sort(([, a], [, b]) => b - a);
    // More links than there are nodes lead in a circle.
    if (!fullest || way.length >= columns.nodeCount) return [];
    way.push(fullest[0]);
  }
  return way;
}
