import type { LayeredGraph } from "../../core/graph/layered-graph.ts";

/** Latency in ms of the longest way that any flow takes; 0 where there is none. */
export function slowestWayMs({ vertices, arcs, leaving }: LayeredGraph, flows: Float64Array): number {
  const longest = new Float64Array(vertices.length);
  for (let vertex = vertices.length - 1; vertex >= 0; vertex -= 1) {
    for (const index of leaving[vertex] ?? []) {
      const arc = arcs[index];
      if (!arc || (flows[index] ?? 0) <= 0) continue;
      longest[vertex] = Math.max(longest[vertex] ?? 0, arc.latencyMs + (longest[arc.to] ?? 0));
    }
  }
  return vertices.reduce((most, { share }, vertex) => (share > 0 ? Math.max(most, longest[vertex] ?? 0) : most), 0);
}
