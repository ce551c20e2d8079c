/** How quickly a chain's traffic can get through at best, by where one of its functions has an instance. */
import type { LatencyBetween } from "./node-latencies.ts";

/** Indexes of the nodes where a layer's instances stand, each once. */
export type LayerNodes = readonly number[];

/** Longer layers are everywhere, as far as this is concerned: there is an instance near whatever node is looked at. */
const NODES_MAX = 256;

/**
 * By node index, the least latency of links from any source to any destination that passes an instance of layer `at` on that node:
 * over the layered graph, the shortest way to the node and the shortest way on from it.
 *
 *     toward(l, v) = min over u in layer l - 1 of toward(l - 1, u) + latency(u, v)        onward(l, v) likewise from the other end
 *     best(v) = toward(at, v) + onward(at, v)
 *
 * A layer in which nothing stands yet, or one on very many nodes, costs nothing: it is taken to be where its neighbour is, which is the
 * best that can become of it while no detour is quicker than the way itself. Layer 0 has the sources, the last one the destinations.
 * O(nodeCount * instances of the neighbouring layers + pairs of instances of neighbours).
 */
export function bestLatencies(
  layers: readonly LayerNodes[],
  at: number,
  nodeCount: number,
  between: LatencyBetween,
): Float64Array {
  const before = nearestEnds(layers.slice(0, at), between);
  const behind = nearestEnds(layers.slice(at + 1).reverse(), (from, to) => between(to, from));
  return Float64Array.from(
    { length: nodeCount },
    (_, node) => leastTo(before, node, between) + leastTo(behind, node, (from, to) => between(to, from)),
  );
}

interface Reached {
  readonly node: number;
  readonly latencyMs: number;
}

/** The instances of the last of the layers that has any, each with the shortest way to it; none where no layer has any. */
function nearestEnds(layers: readonly LayerNodes[], between: LatencyBetween): readonly Reached[] {
  let reached: readonly Reached[] = [];
  for (const nodes of layers) {
    if (nodes.length === 0 || nodes.length > NODES_MAX) continue;
    const before = reached;
    reached = nodes.map((node) => ({ node, latencyMs: leastTo(before, node, between) }));
  }
  return reached;
}

function leastTo(reached: readonly Reached[], node: number, between: LatencyBetween): number {
  if (reached.length === 0) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (const { node: from, latencyMs } of reached) least = Math.min(least, latencyMs + between(from, node));
  return least;
}
