/** A split made for an earlier state of the network as the flows to begin with: most of it is still right. */
import { arcsLeaving } from "../../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../../core/graph/layered-graph.ts";
import type { EarlierSplit, SplitProblem } from "../split-problem.ts";
import type { BestBound } from "./best-bound.ts";
import { resumeRoutes } from "./earlier-routes.ts";
import { settleChain } from "./first-flows.ts";
import { reload } from "./flow-state.ts";
import type { Rounds } from "./rounds.ts";

/**
 * Takes over what chains, instances and resources of the same names had; what is new takes the way that is cheapest by the old
 * weights, and these prove the first bound.
 */
export function resumeFlows(problem: SplitProblem, rounds: Rounds, best: BestBound, earlier: EarlierSplit) {
  const { graphs, resources } = problem;
  const { state, ways } = rounds;
  if (earlier.routes) resumeRoutes(problem, state, earlier.routes);
  const indices = new Map(earlier.problem.graphs.map(({ chain }, index) => [chain.name, index]));
  let start = 0;
  for (const graph of graphs) {
    const index = indices.get(graph.chain.name) ?? -1;
    const [before, flows] = [earlier.problem.graphs[index], earlier.flows[index]];
    if (before && flows) takeOver(graph, state.flows.subarray(start), before, flows);
    start += graph.heads.length;
  }
  const weightOf = new Map(earlier.problem.resources.map(({ name }, index) => [name, earlier.resourceWeights[index]]));
  state.potential.weigh(Float64Array.from(resources, ({ name, capacity }) => (weightOf.get(name) ?? 0) * capacity));
  best.look(state, ways);
  for (let chain = 0; chain < graphs.length; chain += 1) settleChain(state, ways, chain);
  reload(state);
}

function takeOver(graph: LayeredGraph, flows: Float64Array, before: LayeredGraph, earlier: Float64Array): void {
  if (isSameShape(graph, before)) flows.set(earlier);
  else takeOverByName(graph, flows, before, earlier);
}

function isSameShape(a: LayeredGraph, b: LayeredGraph): boolean {
  return (
    a.heads.length === b.heads.length &&
    a.vertices.length === b.vertices.length &&
    a.vertices.every(({ layer, name }, index) => {
      const other = b.vertices[index];
      return other?.name === name && other.layer === layer && a.starts[index] === b.starts[index];
    }) &&
    a.heads.every((head, arc) => head === b.heads[arc])
  );
}

function takeOverByName(graph: LayeredGraph, flows: Float64Array, before: LayeredGraph, earlier: Float64Array): void {
  const key = (layer: number, name: string) => `${layer} ${name}`;
  const indices = new Map(before.vertices.map(({ layer, name }, index) => [key(layer, name), index]));
  const earlierIndex = graph.vertices.map(({ layer, name }) => indices.get(key(layer, name)));
  for (const vertex of graph.vertices.keys()) {
    const was = arcsLeaving(before, earlierIndex[vertex] ?? -1);
    const flowTo = new Map(was.map((arc) => [before.heads[arc], earlier[arc] ?? 0]));
    for (const arc of arcsLeaving(graph, vertex)) flows[arc] = flowTo.get(earlierIndex[graph.heads[arc] ?? -1]) ?? 0;
  }
}
