/** Small split networks from a seed: a ring of nodes with chords, a few functions, chains with one or two sources. */
import type { NetworkChain, NetworkInstance, NetworkLink, SplitNetwork } from "../../core/model/split-network.ts";

/** Mulberry32: numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomNetwork(seed: number): SplitNetwork {
  const random = seededRandom(seed);
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const nodes = Array.from({ length: 3 + upTo(4) }, (_, index) => `n${index}`);
  const nodeAt = (index: number) => nodes[index % nodes.length] ?? "n0";
  const anyNode = () => nodeAt(Math.floor(random() * nodes.length));
  const links = nodes.flatMap((from, index) => both(from, nodeAt(index + 1), 5 + random() * 20, upTo(3) / 10));
  for (let chord = 0; chord < 2; chord += 1) {
    const [from, to] = [anyNode(), anyNode()];
    if (from !== to) links.push(...both(from, to, 5 + random() * 20, upTo(3) / 10));
  }
  const functions = new Map<string, readonly NetworkInstance[]>();
  for (let index = 0; index < 3; index += 1)
    functions.set(
      `f${index}`,
      Array.from({ length: upTo(4) }, (_, instance) => ({
        name: `f${index}-${instance}`,
        node: anyNode(),
        capacity: 2 + random() * 10,
      })),
    );
  const chains = Array.from({ length: upTo(4) }, (_, index): NetworkChain => {
    const names = ["f0", "f1", "f2"].filter(() => random() < 0.7);
    const share = random() < 0.5 ? 1 : 0.25 + random() / 2;
    const sources = [
      { name: "s0", node: anyNode(), share },
      { name: "s1", node: anyNode(), share: 1 - share },
    ];
    return {
      name: `c${index}`,
      sources: sources.filter((source) => source.share > 0),
      functions: names,
      scaling: names.map(() => 0.5 + random()),
      destinations: Array.from({ length: upTo(2) }, (_item, pod) => ({
        name: `d${pod}`,
        node: anyNode(),
        capacity: Infinity,
      })),
      demand: 0.5 + random() * 3,
      latencyMsMax: undefined,
    };
  });
  return { name: `random-${seed}`, routing: { kind: "ecmp" }, nodes, links, functions, chains };
}

function both(from: string, to: string, capacity: number, latencyMs: number): NetworkLink[] {
  return [
    { from, to, capacity, latencyMs },
    { from: to, to: from, capacity, latencyMs },
  ];
}
