import type { NetworkRoute } from "../../core/model/split-network.ts";
import type { ArcFlows, SplitProblem } from "./split-problem.ts";

/** The underlay's routes between the nodes that flows go between. */
export function routesInUse({ graphs, underlay, network }: SplitProblem, flows: ArcFlows): readonly NetworkRoute[] {
  const nodeAt = (index: number) => network.nodes[index] ?? "";
  return pairsInUse(graphs, flows).map(({ from, to }) => {
    return { from: nodeAt(from), to: nodeAt(to), links: underlay.routesTo(to).sharesFrom(from) };
  });
}

export interface NodePair {
  readonly from: number;
  readonly to: number;
}

/** Each pair of different nodes once. */
export function pairsInUse(graphs: SplitProblem["graphs"], flows: ArcFlows): readonly NodePair[] {
  const pairs = new Map<string, NodePair>();
  for (const [chain, { vertices, starts, heads }] of graphs.entries())
    for (const [vertex, { node: from }] of vertices.entries())
      for (let arc = starts[vertex] ?? 0; arc < (starts[vertex + 1] ?? 0); arc += 1) {
        const to = vertices[heads[arc] ?? 0]?.node ?? from;
        if (to !== from && (flows[chain]?.[arc] ?? 0) > 0) pairs.set(`${from} ${to}`, { from, to });
      }
  return [...pairs.values()];
}
