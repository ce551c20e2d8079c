/** Arc flows from a rule that says how what is at a vertex goes on: flow is conserved by construction. */
import { arcsLeaving } from "../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";

/** Weights, at least 0, of the arcs that leave a vertex, of which there is one at least; all 0 means equal parts. */
export type ChooseWeights = (graph: LayeredGraph, leaving: readonly number[], vertex: number) => readonly number[];

export function flowsBy(graph: LayeredGraph, choose: ChooseWeights): Float64Array {
  const flows = new Float64Array(graph.heads.length);
  const arrived = Float64Array.from(graph.vertices, ({ share }) => share);
  // Vertices are in order of layers, so that everything has arrived at one before it is looked at.
  for (const vertex of graph.vertices.keys()) {
    const leaving = arcsLeaving(graph, vertex);
    if (leaving.length === 0) continue;
    const fractions = normalised(choose(graph, leaving, vertex));
    for (const [position, arc] of leaving.entries()) {
      const flow = (arrived[vertex] ?? 0) * (fractions[position] ?? 0);
      flows[arc] = flow;
      const to = graph.heads[arc] ?? vertex;
      arrived[to] = (arrived[to] ?? 0) + flow;
    }
  }
  return flows;
}

function normalised(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  return sum > 0 ? weights.map((weight) => weight / sum) : weights.map(() => 1 / weights.length);
}
