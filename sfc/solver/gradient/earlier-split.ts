/** A split made for an earlier state of the network as the flows to begin with: most of it is still right. */
import type { LayeredGraph } from "../../../core/graph/layered-graph.ts";
import { present } from "../../../core/model/invariant.ts";
import type { ArcFlows, SplitProblem } from "../split-problem.ts";
import type { BestBound } from "./best-bound.ts";
import { settleChain } from "./first-flows.ts";
import { reload } from "./flow-state.ts";
import type { Rounds } from "./rounds.ts";

export interface EarlierSplit {
  readonly problem: Pick<SplitProblem, "graphs" | "resources">;
  readonly flows: ArcFlows;
  /** Those that proved its bound. */
  readonly resourceWeights: Float64Array;
}

/**
 * Takes over what chains, instances and resources of the same names had; what is new takes the way that is cheapest by the old
 * weights, and these prove the first bound.
 */
export function resumeFlows(
  { graphs, resources }: SplitProblem,
  rounds: Rounds,
  best: BestBound,
  earlier: EarlierSplit,
) {
  const { state, ways } = rounds;
  const indices = new Map(earlier.problem.graphs.map(({ chain }, index) => [chain.name, index]));
  let start = 0;
  for (const graph of graphs) {
    const index = indices.get(graph.chain.name) ?? -1;
    const [before, flows] = [earlier.problem.graphs[index], earlier.flows[index]];
    if (before && flows) takeOver(graph, state.flows.subarray(start), before, flows);
    start += graph.arcs.length;
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
    a.arcs.length === b.arcs.length &&
    a.vertices.length === b.vertices.length &&
    a.vertices.every(({ layer, name }, index) => {
      const other = b.vertices[index];
      return other?.name === name && other.layer === layer && a.leaving[index]?.length === b.leaving[index]?.length;
    })
  );
}

function takeOverByName(graph: LayeredGraph, flows: Float64Array, before: LayeredGraph, earlier: Float64Array): void {
  const key = (layer: number, name: string) => `${layer} ${name}`;
  const indices = new Map(before.vertices.map(({ layer, name }, index) => [key(layer, name), index]));
  const earlierIndex = graph.vertices.map(({ layer, name }) => indices.get(key(layer, name)));
  for (const [vertex, leaving] of graph.leaving.entries()) {
    const was = before.leaving[earlierIndex[vertex] ?? -1] ?? [];
    const flowTo = new Map(was.map((arc) => [present(before.arcs[arc], "arc").to, earlier[arc] ?? 0]));
    for (const arc of leaving) flows[arc] = flowTo.get(earlierIndex[present(graph.arcs[arc], "arc").to] ?? -1) ?? 0;
  }
}
