/** Baseline: instances of the next function get traffic in proportion to their capacity, wherever they stand. */
import type { LayeredGraph } from "../../../core/graph/layered-graph.ts";
import { present } from "../../../core/model/invariant.ts";
import type { SplitNetwork } from "../../../core/model/split-network.ts";
import { flowsBy } from "../out-fractions.ts";
import type { SplitAnswer, SplitProblem } from "../split-problem.ts";

export function capacityWeightedSplit({ network, graphs }: SplitProblem): SplitAnswer {
  const flows = graphs.map((graph) =>
    flowsBy(graph, ({ arcs }, leaving) =>
      relative(leaving.map((arc) => capacityAt(present(arcs[arc], "arc").to, graph, network))),
    ),
  );
  return { kind: "split", flows, iterations: 1 };
}

function capacityAt(vertex: number, { chain, vertices }: LayeredGraph, { functions }: SplitNetwork): number {
  const { layer, name } = present(vertices[vertex], "vertex");
  const instances = functions.get(chain.functions[layer - 1] ?? "") ?? chain.destinations;
  return instances.find((instance) => instance.name === name)?.capacity ?? Infinity;
}

/** Beside an unlimited instance a limited one gets nothing. */
function relative(capacities: readonly number[]): readonly number[] {
  const isUnlimited = capacities.includes(Infinity);
  return isUnlimited ? capacities.map((capacity) => (capacity === Infinity ? 1 : 0)) : capacities;
}
