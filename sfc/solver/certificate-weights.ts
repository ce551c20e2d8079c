/** Resource weights for a certificate, by multiplicative weights: what the cheapest ways load gets dearer, again and again. */
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import { present } from "../../core/model/invariant.ts";
import { lowerBoundOf } from "./certificate.ts";
import { flowsBy } from "./out-fractions.ts";
import type { SplitProblem } from "./split-problem.ts";
import { type Utilisation, utilisationOf } from "./utilisation.ts";

const ROUNDS = 200;
/** After so many rounds the step has halved. */
const STEP_HALF_LIFE_ROUNDS = 30;

/** The best weights found in a fixed number of rounds; each costs O(arcs * loads of an arc). */
export function certificateWeights(problem: SplitProblem): Float64Array {
  const { resources } = problem;
  const prices = new Float64Array(resources.length).fill(1);
  let best = { bound: -1, weights: prices };
  for (let round = 0; round < ROUNDS; round += 1) {
    const weights = Float64Array.from(resources, ({ capacity }, index) => (prices[index] ?? 0) / capacity);
    const bound = lowerBoundOf(problem, weights);
    if (bound > best.bound) best = { bound, weights };
    raisePrices(prices, stepAt(round), utilisationOf(problem, cheapestFlows(problem, weights)));
  }
  return best.weights;
}

function stepAt(round: number): number {
  return 1 / (1 + round / STEP_HALF_LIFE_ROUNDS);
}

/** Relative to the fullest resource, so that a step means the same in every network. */
function raisePrices(prices: Float64Array, step: number, { ofResources, max }: Utilisation): void {
  if (max === 0) return;
  for (const [index, price] of prices.entries())
    prices[index] = price * Math.exp((step * (ofResources[index] ?? 0)) / max);
  const highest = prices.reduce((a, b) => Math.max(a, b), 0);
  for (const [index, price] of prices.entries()) prices[index] = price / highest;
}

function cheapestFlows({ graphs }: SplitProblem, weights: Float64Array): readonly Float64Array[] {
  return graphs.map((graph) => {
    const lengths = waysThroughArcs(graph, weights);
    return flowsBy(graph, (_, leaving) => {
      const shortest = leaving.reduce((a, b) => ((lengths[b] ?? 0) < (lengths[a] ?? 0) ? b : a), leaving[0] ?? 0);
      return leaving.map((arc) => (arc === shortest ? 1 : 0));
    });
  });
}

/** By arc: the length of the shortest way to a destination that begins with it. */
function waysThroughArcs({ arcs, vertices, leaving }: LayeredGraph, weights: Float64Array): Float64Array {
  const lengths = new Float64Array(arcs.length);
  const distances = new Float64Array(vertices.length);
  for (let vertex = vertices.length - 1; vertex >= 0; vertex -= 1) {
    let shortest = Infinity;
    for (const index of leaving[vertex] ?? []) {
      const { to, loads } = present(arcs[index], "arc");
      const own = loads.reduce((sum, { resource, amount }) => sum + amount * (weights[resource] ?? 0), 0);
      lengths[index] = own + (distances[to] ?? 0);
      shortest = Math.min(shortest, own + (distances[to] ?? 0));
    }
    distances[vertex] = shortest < Infinity ? shortest : 0;
  }
  return lengths;
}
