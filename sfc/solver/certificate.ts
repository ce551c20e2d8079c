/**
 * A lower bound on the largest utilisation that any split can reach. For any weights y >= 0 of the resources,
 *
 *   bound(y) = (sum over k of sum over s of share_s * dist_y(k, s)) / (sum over r of y_r * C_r),
 *
 * where dist_y(k, s) is the length of the shortest way of chain k from source s, an arc being as long as the sum over what
 * it loads of amount * y_r. Any split's loads weighted by y are at least the numerator, and at most its largest utilisation
 * times the denominator. So the bound holds whatever the weights are and whoever made them; good weights make it sharp.
 */
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import type { SplitProblem } from "./split-problem.ts";

/** Covers the rounding of the sums, so that the bound stays one. */
const ROUNDING = 1e-12;

/** Weights below 0 count as 0. Time O(arcs * loads of an arc). */
export function lowerBoundOf({ graphs, resources }: SplitProblem, resourceWeights: Float64Array): number {
  const weights = resourceWeights.map((weight) => (weight > 0 && weight < Infinity ? weight : 0));
  const denominator = resources.reduce((sum, { capacity }, index) => sum + capacity * (weights[index] ?? 0), 0);
  if (!(denominator > 0)) return 0;
  const numerator = graphs.reduce((sum, graph) => sum + shortestWays(graph, weights), 0);
  return (numerator / denominator) * (1 - ROUNDING);
}

function shortestWays({ vertices, leaving, arcs }: LayeredGraph, weights: Float64Array): number {
  const distances = new Float64Array(vertices.length);
  let sum = 0;
  for (let vertex = vertices.length - 1; vertex >= 0; vertex -= 1) {
    let shortest = leaving[vertex]?.length === 0 ? 0 : Infinity;
    for (const index of leaving[vertex] ?? []) {
      const arc = arcs[index];
      if (!arc) continue;
      let length = distances[arc.to] ?? 0;
      for (const { resource, amount } of arc.loads) length += amount * (weights[resource] ?? 0);
      shortest = Math.min(shortest, length);
    }
    distances[vertex] = shortest;
    sum += (vertices[vertex]?.share ?? 0) * shortest;
  }
  return sum;
}
