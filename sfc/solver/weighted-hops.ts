import { arcsLeaving, vertexEntered } from "../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import type { HopWeight } from "../../core/model/chain.ts";

/** A chain's weights by name: a list for each function and one for the destination. Those of 0 are listed too: others may fail. */
export function weightedHops(graph: LayeredGraph, weights: Int32Array): readonly (readonly HopWeight[])[] {
  const hops = Array.from({ length: graph.chain.functions.length + 1 }, (): HopWeight[] => []);
  for (const [vertex, { layer, name: from }] of graph.vertices.entries())
    for (const arc of arcsLeaving(graph, vertex))
      hops[layer]?.push({ from, to: vertexEntered(graph, arc).name, weight: weights[arc] ?? 0 });
  return hops;
}
