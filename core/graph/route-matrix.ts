/** Routes that are given: for each pair of nodes the part of its traffic on each link. */
import type { NetworkRoute, RouteShare } from "../model/split-network.ts";
import type { LinkColumns } from "./downhill.ts";
import type { RoutesTo } from "./routes-to.ts";

/** How far the traffic of a route may be from what it should be at a node. */
const TOLERANCE = 1e-6;

/** What keeps a route from being one: its shares must lead the whole traffic of the pair to its end, and not in a circle. */
export function wrongWithRoute(shares: readonly RouteShare[], from: number, to: number, columns: LinkColumns) {
  const excess = new Map<number, number>([
    [from, 1],
    [to, -1],
  ]);
  const add = (node: number, amount: number) => excess.set(node, (excess.get(node) ?? 0) + amount);
  for (const { link, share } of shares) {
    if (!(share > 0 && share <= 1 + TOLERANCE)) return `the share ${share} of link ${link} is not in (0, 1]`;
    add(columns.from[link] ?? -1, -share);
    add(columns.to[link] ?? -1, share);
  }
  if ([...excess.values()].some((amount) => Math.abs(amount) > TOLERANCE))
    return "its shares do not lead all traffic from the one node to the other";
  return Number.isFinite(slowestOf(shares, from, columns)) ? undefined : "its shares lead in a circle";
}

/** The routes of one destination. Where none is given none leads. */
export function matrixRoutesTo(routes: readonly NetworkRoute[], to: number, columns: LinkColumns, indexOf: IndexOf) {
  const { nodeCount } = columns;
  const latencyMs = new Float64Array(nodeCount).fill(Infinity);
  const slowestMs = new Float64Array(nodeCount).fill(Infinity);
  const sharesOf = new Map<number, readonly RouteShare[]>();
  for (const { from, links } of routes) {
    const node = indexOf(from);
    sharesOf.set(node, links);
    latencyMs[node] = links.reduce((sum, { link, share }) => sum + share * (columns.latencyMs[link] ?? 0), 0);
    slowestMs[node] = slowestOf(links, node, columns);
  }
  latencyMs[to] = 0;
  slowestMs[to] = 0;
  return routesOf(sharesOf, { latencyMs, slowestMs });
}

type IndexOf = (node: string) => number;

function routesOf(
  sharesOf: ReadonlyMap<number, readonly RouteShare[]>,
  latencies: Pick<RoutesTo, "latencyMs" | "slowestMs">,
): RoutesTo {
  return {
    ...latencies,
    costs(linkCosts, costs) {
      for (const [node, shares] of sharesOf) {
        let sum = 0;
        for (const { link, share } of shares) sum += share * (linkCosts[link] ?? 0);
        costs[node] = sum;
      }
    },
    load(amounts, linkLoads) {
      for (const [node, shares] of sharesOf) {
        const amount = amounts[node] ?? 0;
        if (amount === 0) continue;
        amounts[node] = 0;
        for (const { link, share } of shares) linkLoads[link] = (linkLoads[link] ?? 0) + amount * share;
      }
    },
    sharesFrom: (node) => sharesOf.get(node) ?? [],
  };
}

/** What is given counts, and `others` where nothing is: of pairs without traffic nobody needs to say anything. */
export function givenOrOther(given: RoutesTo, others: RoutesTo): RoutesTo {
  const pick = (own: Float64Array, other: Float64Array) =>
    own.map((latency, node) => (latency < Infinity ? latency : (other[node] ?? Infinity)));
  return {
    latencyMs: pick(given.latencyMs, others.latencyMs),
    slowestMs: pick(given.slowestMs, others.slowestMs),
    costs(linkCosts, costs) {
      others.costs(linkCosts, costs);
      given.costs(linkCosts, costs);
    },
    load(amounts, linkLoads) {
      given.load(amounts, linkLoads);
      others.load(amounts, linkLoads);
    },
    sharesFrom: (node) => ((given.latencyMs[node] ?? Infinity) < Infinity ? given : others).sharesFrom(node),
  };
}

/** Longest way over links with a share; Infinity where they lead in a circle. */
function slowestOf(shares: readonly RouteShare[], from: number, { from: tails, to, latencyMs }: LinkColumns): number {
  const leaving = Map.groupBy(shares, ({ link }) => tails[link] ?? -1);
  const open = new Map<number, number>();
  for (const { link } of shares) open.set(to[link] ?? -1, (open.get(to[link] ?? -1) ?? 0) + 1);
  const slowest = new Map([[from, 0]]);
  const ready = open.has(from) ? [] : [from];
  let passed = 0;
  // A node is ready when all links into it have been passed: on a circle none ever is.
  for (const node of ready) {
    for (const { link } of leaving.get(node) ?? []) {
      const next = to[link] ?? -1;
      passed += 1;
      slowest.set(next, Math.max(slowest.get(next) ?? 0, (slowest.get(node) ?? 0) + (latencyMs[link] ?? 0)));
      open.set(next, (open.get(next) ?? 0) - 1);
      if (open.get(next) === 0) ready.push(next);
    }
  }
  const longest = [...slowest.values()].reduce((a, b) => Math.max(a, b), 0);
  return passed === shares.length ? longest : Infinity;
}
