import { arcSlowestMs } from "../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import type { Underlay } from "../../core/graph/underlay.ts";

/** Latency in ms of the longest way over arcs that carry flow: hop by hop traffic may take each of them. 0 where there is none. */
export function slowestWayMs(graph: LayeredGraph, flows: Float64Array, underlay: Underlay): number {
  const { vertices, starts, heads } = graph;
  const longest = new Float64Array(vertices.length);
  for (let vertex = vertices.length - 1; vertex >= 0; vertex -= 1) {
    for (let arc = starts[vertex] ?? 0; arc < (starts[vertex + 1] ?? 0); arc += 1) {
      if ((flows[arc] ?? 0) <= 0) continue;
      const through = arcSlowestMs(graph, vertex, arc, underlay) + (longest[heads[arc] ?? 0] ?? 0);
      longest[vertex] = Math.max(longest[vertex] ?? 0, through);
    }
  }
  return vertices.reduce((most, { share }, vertex) => (share > 0 ? Math.max(most, longest[vertex] ?? 0) : most), 0);
}
