/**
 * A lower bound on the largest utilisation that any split can reach. For any weights y >= 0 of the resources,
 *
 *   bound(y) = (sum over k of sum over s of share_s * dist_y(k, s)) / (sum over r of y_r * C_r),
 *
 * where dist_y(k, s) is the length of the shortest way of chain k from source s, an arc being as long as the sum over what
 * it loads of amount * y_r; where routes are free, over the route that makes it shortest. Any split's loads weighted by y are at least the numerator, and at most its largest utilisation
 * times the denominator. So the bound holds whatever the weights are and whoever made them; good weights make it sharp.
 */
import { CheapestWays } from "../../core/graph/cheapest-ways.ts";
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import { present } from "../../core/model/invariant.ts";
import type { SplitProblem } from "./split-problem.ts";

/** Covers the rounding of the sums, so that the bound stays one. */
const ROUNDING = 1e-12;

/** Weights below 0 count as 0. Time O(arcs + nodes that arcs lead to * links on shortest paths to one). */
export function lowerBoundOf(problem: SplitProblem, resourceWeights: Float64Array): number {
  return boundParts(problem, resourceWeights).reduce((sum, part) => sum + part, 0) * (1 - ROUNDING);
}

/** By chain: its part of the bound, which grows in proportion to its demand while the weights stay. */
export function boundParts(problem: SplitProblem, resourceWeights: Float64Array): readonly number[] {
  const { graphs, resources } = problem;
  const weights = resourceWeights.map((weight) => (weight > 0 && weight < Infinity ? weight : 0));
  const denominator = resources.reduce((sum, { capacity }, index) => sum + capacity * (weights[index] ?? 0), 0);
  if (!(denominator > 0)) return graphs.map(() => 0);
  const costsTo = costsByDestination(problem, weights);
  return graphs.map((graph) => shortestWays(graph, weights, costsTo) / denominator);
}

/** For a node: what a byte costs on the links from each node to it. */
type CostsTo = (node: number) => Float64Array;

function costsByDestination({ underlay, table, network }: SplitProblem, weights: Float64Array): CostsTo {
  const { columns } = underlay;
  const ofLinks = Float64Array.from(table.ofLink, (resource) => weightOf(weights, resource));
  const search = new CheapestWays(columns);
  const known = new Map<number, Float64Array>();
  return (node) => {
    const before = known.get(node);
    if (before) return before;
    const costs = new Float64Array(columns.nodeCount);
    if (network.routing.kind === "free") {
      search.search(node, ofLinks);
      costs.set(search.costs);
    } else underlay.routesTo(node).costs(ofLinks, costs);
    known.set(node, costs);
    return costs;
  };
}

function shortestWays(graph: LayeredGraph, weights: Float64Array, costsTo: CostsTo): number {
  const { vertices, starts, heads, amounts } = graph;
  const distances = new Float64Array(vertices.length);
  let sum = 0;
  for (let vertex = vertices.length - 1; vertex >= 0; vertex -= 1) {
    const { node, share } = present(vertices[vertex], "vertex");
    const [start, end] = [starts[vertex] ?? 0, starts[vertex + 1] ?? 0];
    let shortest = start === end ? 0 : Infinity;
    for (let arc = start; arc < end; arc += 1) {
      const head = heads[arc] ?? -1;
      const entered = present(vertices[head], "vertex");
      const cost = (costsTo(entered.node)[node] ?? 0) + weightOf(weights, entered.resource);
      shortest = Math.min(shortest, (amounts[vertex] ?? 0) * cost + (distances[head] ?? 0));
    }
    distances[vertex] = shortest;
    sum += share * shortest;
  }
  return sum;
}

function weightOf(weights: Float64Array, resource: number | undefined): number {
  return resource === undefined ? 0 : (weights[resource] ?? 0);
}
