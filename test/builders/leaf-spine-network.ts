/** Networks like test/data/leaf-spine-100.json from a seed: hosts below leaves below spines, instances on hosts, chains between hosts. */
import type { NetworkChain, NetworkInstance, NetworkLink, SplitNetwork } from "../../core/model/split-network.ts";
import { seededRandom } from "./random-network.ts";

export interface LeafSpineSize {
  readonly spines: number;
  readonly leaves: number;
  readonly hostsPerLeaf: number;
  readonly functions: number;
  readonly instancesPerFunction: number;
  readonly chains: number;
}

/** 44 nodes, as in the file. */
export const leafSpineSize: LeafSpineSize = {
  spines: 4,
  leaves: 8,
  hostsPerLeaf: 4,
  functions: 6,
  instancesPerFunction: 4,
  chains: 40,
};

/** So many times as many of everything but the functions. */
export function leafSpineTimes(factor: number): LeafSpineSize {
  const { spines, leaves, instancesPerFunction, chains, ...rest } = leafSpineSize;
  const times = (count: number) => Math.max(1, Math.round(count * factor));
  return {
    ...rest,
    spines: times(spines),
    leaves: times(leaves),
    instancesPerFunction: times(instancesPerFunction),
    chains: times(chains),
  };
}

/** 440 nodes. */
export const leafSpineTenfold = leafSpineTimes(10);

const DEMAND_MIN = 0.3;
const DEMAND_MAX = 2;
/** Demands are spread evenly in their logarithm from the least to this, then cut at the most: a third is at the most. */
const DEMAND_UNCUT_MAX = 5;

export function leafSpineNetwork(seed: number, size: LeafSpineSize = leafSpineSize): SplitNetwork {
  const random = seededRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const oneOf = (values: readonly number[]) => values[below(values.length)] ?? 1;
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const [spines, leaves] = [names("s", size.spines), names("l", size.leaves)];
  const hosts = names("h", size.leaves * size.hostsPerLeaf);
  const links: NetworkLink[] = [];
  for (const leaf of leaves) for (const spine of spines) links.push(...both(leaf, spine, oneOf([10, 25, 40]), 0.05));
  for (const [index, host] of hosts.entries())
    links.push(...both(host, `l${Math.floor(index / size.hostsPerLeaf)}`, 25, 0.02));
  const anyHost = () => hosts[below(hosts.length)] ?? "h0";
  const functionNames = names("f", size.functions);
  const instanceOf = (name: string): NetworkInstance => ({ name, node: anyHost(), capacity: oneOf([5, 10, 20]) });
  const functions = new Map(
    functionNames.map((name) => [name, names(`${name}-`, size.instancesPerFunction).map(instanceOf)]),
  );
  const chains = names("c", size.chains).map((name): NetworkChain => {
    const source = anyHost();
    const others = hosts.filter((host) => host !== source);
    const destination = others[below(others.length)] ?? source;
    const ofChain = shuffled(functionNames, below).slice(0, 2 + below(3));
    return {
      name,
      sources: [{ name: source, node: source, share: 1 }],
      functions: ofChain,
      scaling: ofChain.map(() => oneOf([0.5, 1, 1, 1.5])),
      destinations: [{ name: destination, node: destination, capacity: Infinity }],
      demand: Math.min(DEMAND_MAX, DEMAND_MIN * (DEMAND_UNCUT_MAX / DEMAND_MIN) ** random()),
      latencyMsMax: undefined,
    };
  });
  return {
    name: `leaf-spine-${seed}`,
    routing: { kind: "ecmp" },
    nodes: [...spines, ...leaves, ...hosts],
    links,
    functions,
    chains,
  };
}

function shuffled(values: readonly string[], below: (count: number) => number): readonly string[] {
  const left = [...values];
  return values.map(() => left.splice(below(left.length), 1)[0] ?? "");
}

function both(from: string, to: string, capacity: number, latencyMs: number): NetworkLink[] {
  return [
    { from, to, capacity, latencyMs },
    { from: to, to: from, capacity, latencyMs },
  ];
}
