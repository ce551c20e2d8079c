/** A layered graph with some of its arcs only. */
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";

export interface RestrictedGraph {
  readonly graph: LayeredGraph;
  /** Flows on its arcs as flows on those of the whole graph. */
  widen(flows: Float64Array): Float64Array;
}

/** `isKept`: by arc, 1 or 0. */
export function restrictedGraph(graph: LayeredGraph, isKept: Uint8Array): RestrictedGraph {
  const kept = Int32Array.from(isKept.keys().filter((arc) => isKept[arc] === 1));
  const starts = new Int32Array(graph.starts.length);
  let count = 0;
  for (const [vertex, start] of graph.starts.entries()) {
    while ((kept[count] ?? Infinity) < start) count += 1;
    starts[vertex] = count;
  }
  const heads = kept.map((arc) => graph.heads[arc] ?? 0);
  return {
    graph: { ...graph, starts, heads },
    widen(flows) {
      const wide = new Float64Array(graph.heads.length);
      for (const [index, arc] of kept.entries()) wide[arc] = flows[index] ?? 0;
      return wide;
    },
  };
}
