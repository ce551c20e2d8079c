/** Baseline: instances of the next function get traffic in proportion to their capacity, wherever they stand. */
import { vertexEntered } from "../../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../../core/graph/layered-graph.ts";
import type { SplitNetwork } from "../../../core/model/split-network.ts";
import { type ChooseWeights, flowsBy } from "../out-fractions.ts";
import type { SplitAnswer, SplitProblem } from "../split-problem.ts";

export function capacityWeightedSplit({ network, graphs }: SplitProblem): SplitAnswer {
  const flows = graphs.map((graph) => flowsBy(graph, capacityWeights(network)));
  return { kind: "split", flows, iterations: 1 };
}

export function capacityWeights(network: SplitNetwork): ChooseWeights {
  return (graph, leaving) => relative(leaving.map((arc) => capacityBehind(graph, arc, network)));
}

function capacityBehind(graph: LayeredGraph, arc: number, { functions }: SplitNetwork): number {
  const { chain } = graph;
  const { layer, name } = vertexEntered(graph, arc);
  const instances = functions.get(chain.functions[layer - 1] ?? "") ?? chain.destinations;
  return instances.find((instance) => instance.name === name)?.capacity ?? Infinity;
}

/** Beside an unlimited instance a limited one gets nothing. */
function relative(capacities: readonly number[]): readonly number[] {
  const isUnlimited = capacities.includes(Infinity);
  return isUnlimited ? capacities.map((capacity) => (capacity === Infinity ? 1 : 0)) : capacities;
}
