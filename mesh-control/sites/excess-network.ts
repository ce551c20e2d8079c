/** A site problem in columns: overloaded sites, sites with room, and arcs from each of the former to what is near. */
import type { Site, SiteProblem } from "./site-problem.ts";

/**
 * Nodes are numbered: first the overloaded sites, then those with room, then the one that stands for staying, which has room
 * for everything and costs more than any way.
 */
export interface ExcessNetwork {
  /** By node, but for the last one. */
  readonly sites: readonly Site[];
  readonly senderCount: number;
  readonly nodeCount: number;
  /** By node: the excess of an overloaded site, the room of another. */
  readonly amounts: Float64Array;
  /** Sender s is left by the arcs `arcStarts[s]` to `arcStarts[s + 1] - 1`; the last of them is to stay. */
  readonly arcStarts: Int32Array;
  /** By arc. */
  readonly tails: Int32Array;
  readonly heads: Int32Array;
  readonly costsMs: Float64Array;
  /** Node n is entered by the arcs `entering[enteringStarts[n]]` to `entering[enteringStarts[n + 1] - 1]`. */
  readonly enteringStarts: Int32Array;
  readonly entering: Int32Array;
}

interface Arc {
  readonly tail: number;
  readonly head: number;
  readonly costMs: number;
}

/** Time and space O(sites + delays). */
export function excessNetworkOf(problem: SiteProblem): ExcessNetwork {
  const senders = problem.sites.filter(({ capacity, load }) => load > capacity);
  const receivers = problem.sites.filter(({ capacity, load }) => load < capacity);
  const sites = [...senders, ...receivers];
  const [senderCount, stay] = [senders.length, sites.length];
  const arcs = nearArcs(problem, sites, senderCount);
  const farthestMs = arcs.reduce((farthest, { costMs }) => Math.max(farthest, costMs), 0);
  const stayMs = dearerThanAnyWay(senderCount, farthestMs);
  for (let tail = 0; tail < senderCount; tail += 1) arcs.push({ tail, head: stay, costMs: stayMs });
  arcs.sort((one, other) => one.tail - other.tail || one.head - other.head);
  const amounts = Float64Array.from([...sites.map(({ capacity, load }) => Math.abs(capacity - load)), Infinity]);
  const byHead = [...arcs.keys()].sort((one, other) => headOf(arcs, one) - headOf(arcs, other) || one - other);
  return {
    ...{ sites, senderCount, nodeCount: stay + 1, amounts },
    arcStarts: startsOf(arcs, senderCount, ({ tail }) => tail),
    tails: Int32Array.from(arcs, ({ tail }) => tail),
    heads: Int32Array.from(arcs, ({ head }) => head),
    costsMs: Float64Array.from(arcs, ({ costMs }) => costMs),
    enteringStarts: startsOf(arcs, stay + 1, ({ head }) => head),
    entering: Int32Array.from(byHead),
  };
}

/**
 * What a unit that stays counts as. A way on which one more unit could be carried passes each overloaded site at most once, so it
 * costs less; and so the least possible stays, before delay counts.
 */
export function dearerThanAnyWay(senderCount: number, farthestMs: number): number {
  return senderCount * farthestMs + 1;
}

/** One arc for each pair that is near, from the site that is overloaded to the one with room. */
function nearArcs({ delays, oneWayMsMax }: SiteProblem, sites: readonly Site[], senderCount: number): Arc[] {
  const nodes = new Map(sites.map(({ name }, node) => [name, node]));
  const nearest = new Map<string, Arc>();
  for (const { a, b, oneWayMs: costMs } of delays) {
    const [one, other] = [nodes.get(a), nodes.get(b)];
    if (one === undefined || other === undefined || !(costMs <= oneWayMsMax)) continue;
    const [tail, head] = [Math.min(one, other), Math.max(one, other)];
    if (tail >= senderCount || head < senderCount) continue;
    const key = `${tail} ${head}`;
    if (costMs < (nearest.get(key)?.costMs ?? Infinity)) nearest.set(key, { tail, head, costMs });
  }
  return [...nearest.values()];
}

/** By node: how many arcs belong to nodes before it. */
function startsOf(arcs: readonly Arc[], nodeCount: number, nodeOf: (arc: Arc) => number): Int32Array {
  const starts = new Int32Array(nodeCount + 1);
  for (const arc of arcs) starts[nodeOf(arc) + 1] = (starts[nodeOf(arc) + 1] ?? 0) + 1;
  for (let node = 0; node < nodeCount; node += 1) starts[node + 1] = (starts[node + 1] ?? 0) + (starts[node] ?? 0);
  return starts;
}

function headOf(arcs: readonly Arc[], index: number): number {
  return arcs[index]?.head ?? -1;
}
