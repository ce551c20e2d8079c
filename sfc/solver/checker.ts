/** Recomputes an answer from the network and the names alone, so that a solver's mistake cannot hide in its own tables. */
import { type Underlay, underlayOf } from "../../core/graph/underlay.ts";
import type { NetworkChain, SplitNetwork } from "../../core/model/split-network.ts";
import type { Way } from "./ways.ts";

export type CheckVerdict =
  | { readonly kind: "valid"; readonly maxUtilisation: number }
  | { readonly kind: "invalid"; readonly reason: string };

/** How far fractions may be off their sum. */
const TOLERANCE = 1e-6;

export function checkWays(network: SplitNetwork, ways: ReadonlyMap<string, readonly Way[]>): CheckVerdict {
  const underlay = underlayOf(network.nodes, network.links);
  const linkLoads = new Float64Array(network.links.length);
  const instanceLoads = new Map<string, number>();
  for (const chain of network.chains) {
    const ofChain = ways.get(chain.name) ?? [];
    const reason =
      wrongWith(chain, ofChain, network) ?? addLoads({ network, underlay, linkLoads, instanceLoads }, chain, ofChain);
    if (reason !== undefined) return { kind: "invalid", reason: `chain ${chain.name}: ${reason}` };
  }
  let maxUtilisation = 0;
  for (const [index, { capacity }] of network.links.entries())
    maxUtilisation = Math.max(maxUtilisation, (linkLoads[index] ?? 0) / capacity);
  for (const [name, instances] of network.functions)
    for (const instance of instances)
      maxUtilisation = Math.max(
        maxUtilisation,
        (instanceLoads.get(loadKey(name, instance.name)) ?? 0) / instance.capacity,
      );
  return { kind: "valid", maxUtilisation };
}

function wrongWith(chain: NetworkChain, ways: readonly Way[], { functions }: SplitNetwork): string | undefined {
  for (const { name, share } of chain.sources) {
    const sum = ways.filter(({ source }) => source === name).reduce((total, { fraction }) => total + fraction, 0);
    if (Math.abs(sum - share) > TOLERANCE) return `${sum} leaves source ${name}, which has ${share}`;
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

interface Loads {
  readonly network: SplitNetwork;
  readonly underlay: Underlay;
  readonly linkLoads: Float64Array;
  readonly instanceLoads: Map<string, number>;
}

function addLoads(loads: Loads, chain: NetworkChain, ways: readonly Way[]): string | undefined {
  const { network, underlay, linkLoads, instanceLoads } = loads;
  for (const way of ways) {
    let amount = chain.demand * way.fraction;
    let at = nodeOf(chain.sources, way.source);
    for (const [index, { node, key }] of stopsOf(way, chain, network).entries()) {
      const route = underlay.routeBetween(at, node);
      if (!route) return `no route leads to ${key}`;
      for (const { link, share } of route.shares) linkLoads[link] = (linkLoads[link] ?? 0) + amount * share;
      instanceLoads.set(key, (instanceLoads.get(key) ?? 0) + amount);
      amount *= chain.scaling[index] ?? 1;
      at = node;
    }
  }
  return undefined;
}

function stopsOf({ instances, destination }: Way, chain: NetworkChain, { functions }: SplitNetwork) {
  const inner = instances.map((name, index) => {
    const ofFunction = chain.functions[index] ?? "";
    return { node: nodeOf(functions.get(ofFunction) ?? [], name), key: loadKey(ofFunction, name) };
  });
  return [...inner, { node: nodeOf(chain.destinations, destination), key: JSON.stringify([destination]) }];
}

function nodeOf(members: readonly { readonly name: string; readonly node: string }[], name: string): string {
  return members.find((member) => member.name === name)?.node ?? "";
}

function loadKey(ofFunction: string, instance: string): string {
  return JSON.stringify([ofFunction, instance]);
}
