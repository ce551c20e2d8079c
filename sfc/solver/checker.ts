/** Recomputes an answer from the network and the names alone, so that a solver's mistake cannot hide in its own tables. */
import { wrongWithRoute } from "../../core/graph/route-matrix.ts";
import { type Underlay, underlayOf } from "../../core/graph/underlay.ts";
import type { NetworkChain, NetworkRoute, SplitNetwork } from "../../core/model/split-network.ts";
import { instanceKey, type Stop, stopsOf } from "./stops-of.ts";
import type { Way } from "./ways.ts";

export type CheckVerdict =
  | { readonly kind: "valid"; readonly maxUtilisation: number; readonly amountTimesDelay: number }
  | { readonly kind: "invalid"; readonly reason: string };

/** How far fractions and latencies may be off. */
const TOLERANCE = 1e-6;

/** `routes`: where routes are free, those that the answer chose. */
export function checkWays(
  network: SplitNetwork,
  ways: ReadonlyMap<string, readonly Way[]>,
  routes: readonly NetworkRoute[] = [],
): CheckVerdict {
  const wrongRoute = wrongWithRoutes(network, routes);
  if (wrongRoute !== undefined) return { kind: "invalid", reason: wrongRoute };
  const routing = network.routing.kind === "free" ? { kind: "matrix" as const, routes } : network.routing;
  const underlay = underlayOf(network.nodes, network.links, routing);
  const loads: Loads = { underlay, linkLoads: new Float64Array(network.links.length), instanceLoads: new Map() };
  let amountTimesDelay = 0;
  for (const chain of network.chains) {
    const ofChain = ways.get(chain.name) ?? [];
    const reason = wrongWith(chain, ofChain, network) ?? wrongWithLatency(chain, ofChain, network, underlay);
    if (reason !== undefined) return { kind: "invalid", reason: `chain ${chain.name}: ${reason}` };
    for (const way of ofChain) amountTimesDelay += addLoads(loads, chain, stopsOf(way, chain, network), way.fraction);
  }
  return { kind: "valid", maxUtilisation: fullest(network, loads), amountTimesDelay };
}

function wrongWithRoutes(network: SplitNetwork, routes: readonly NetworkRoute[]): string | undefined {
  if (network.routing.kind !== "free") return routes.length === 0 ? undefined : "routes are given, not chosen";
  const { columns, indexOf } = underlayOf(network.nodes, network.links);
  for (const { from, to, links } of routes) {
    const reason = wrongWithRoute(links, indexOf(from), indexOf(to), columns);
    if (reason !== undefined) return `the route from ${from} to ${to}: ${reason}`;
  }
  return undefined;
}

function wrongWith(chain: NetworkChain, ways: readonly Way[], { functions }: SplitNetwork): string | undefined {
  for (const { name, share } of chain.sources) {
    const sum = ways.filter(({ source }) => source === name).reduce((total, { fraction }) => total + fraction, 0);
    if (!(Math.abs(sum - share) <= TOLERANCE)) return `${sum} leaves source ${name}, which has ${share}`;
  }
  for (const { fraction, source, instances, destination } of ways) {
    if (!(fraction >= 0)) return `the fraction ${fraction} is below 0`;
    if (!chain.sources.some(({ name }) => name === source)) return `${source} is no source`;
    if (!chain.destinations.some(({ name }) => name === destination)) return `${destination} is no destination`;
    if (instances.length !== chain.functions.length) return `a way has ${instances.length} instances`;
    const stranger = instances.find(
      (name, index) => !functions.get(chain.functions[index] ?? "")?.some((instance) => instance.name === name),
    );
    if (stranger !== undefined) return `${stranger} is no instance of the function in its place`;
  }
  return undefined;
}

/** Forwarders choose hop by hop, so traffic also goes from one way to another where they meet. */
function wrongWithLatency(
  chain: NetworkChain,
  ways: readonly Way[],
  network: SplitNetwork,
  underlay: Underlay,
): string | undefined {
  const arrivals: Map<string, number>[] = [];
  const used = ways.filter(({ fraction }) => fraction > 0).map((way) => stopsOf(way, chain, network));
  // Source, functions, destination.
  for (let position = 0; position <= chain.functions.length; position += 1) {
    const next = new Map<string, number>();
    for (const stops of used) {
      const [from, to] = [stops[position], stops[position + 1]];
      if (!from || !to) continue;
      const hopMs = underlay.routesTo(underlay.indexOf(to.node)).slowestMs[underlay.indexOf(from.node)] ?? Infinity;
      if (hopMs === Infinity) return `no route leads from ${from.name} to ${to.name}`;
      const atMs = (arrivals[position - 1]?.get(from.key) ?? 0) + hopMs;
      next.set(to.key, Math.max(next.get(to.key) ?? 0, atMs));
    }
    arrivals.push(next);
  }
  const slowestMs = [...(arrivals.at(-1)?.values() ?? [])].reduce((a, b) => Math.max(a, b), 0);
  const { latencyMsMax = Infinity } = chain;
  if (slowestMs <= latencyMsMax * (1 + TOLERANCE)) return undefined;
  return `its slowest way takes ${slowestMs} ms of ${latencyMsMax} ms`;
}

interface Loads {
  readonly underlay: Underlay;
  readonly linkLoads: Float64Array;
  /** By the stop's key. */
  readonly instanceLoads: Map<string, number>;
}

/** Answers amount * delay. */
function addLoads(loads: Loads, chain: NetworkChain, stops: readonly Stop[], fraction: number): number {
  const { underlay, linkLoads, instanceLoads } = loads;
  let amount = chain.demand * fraction;
  let amountTimesDelay = 0;
  for (const [position, { node, key }] of stops.entries()) {
    const before = stops[position - 1];
    if (!before) continue;
    const route = underlay.routeBetween(before.node, node);
    for (const { link, share } of route?.shares ?? []) linkLoads[link] = (linkLoads[link] ?? 0) + amount * share;
    amountTimesDelay += amount * (route?.latencyMs ?? Infinity);
    instanceLoads.set(key, (instanceLoads.get(key) ?? 0) + amount);
    amount *= chain.scaling[position - 1] ?? 1;
  }
  return amountTimesDelay;
}

function fullest({ links, functions }: SplitNetwork, { linkLoads, instanceLoads }: Loads): number {
  const ofLinks = links.map(({ capacity }, index) => (linkLoads[index] ?? 0) / capacity);
  const ofInstances = [...functions].flatMap(([name, instances]) =>
    instances.map((instance) => (instanceLoads.get(instanceKey(name, instance.name)) ?? 0) / instance.capacity),
  );
  return [...ofLinks, ...ofInstances].reduce((a, b) => Math.max(a, b), 0);
}
