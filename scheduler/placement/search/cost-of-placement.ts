import { type CostTree, costMostOf } from "../../../core/model/cost-tree.ts";
import { present } from "../../../core/model/invariant.ts";
import type { PlacementScenario, PlannedPlacement } from "../../../core/model/placement-scenario.ts";
import { type SharesByNode, splitByTree } from "../../../core/model/split-by-tree.ts";

export interface CostOfPlacement {
  /** What a byte costs on average under the split that keeps traffic in the tree's smallest groups. */
  readonly meanCost: number;
  /** (most - mean) / (most - least) of what a byte can cost, in [0, 1]. */
  readonly saved: number;
}

/** By the split itself. Replicas that stand nowhere count as farthest away; without traffic everything is 0. */
export function costOfPlacement(
  scenario: PlacementScenario,
  tree: CostTree,
  placement: PlannedPlacement,
): CostOfPlacement {
  const most = costMostOf(tree, scenario.nodes.length);
  const least = tree.cost.subarray(0, scenario.nodes.length).reduce((min, cost) => Math.min(min, cost), most);
  const shares = sharesByService(scenario, placement);
  let [bytes, costs] = [0, 0];
  for (const { from, to, weight } of scenario.traffic) {
    let [pair, left] = [0, 1];
    for (const { group, kept } of splitByTree(tree, shares(from), shares(to))) {
      pair += kept * present(tree.cost[group], "cost of a group");
      left -= kept;
    }
    bytes += weight;
    costs += weight * (pair + Math.max(0, left) * most);
  }
  const meanCost = bytes > 0 ? costs / bytes : 0;
  return { meanCost, saved: bytes > 0 && most > least ? (most - meanCost) / (most - least) : 0 };
}

/** By service, its parts by node index. */
export function sharesByService(
  { nodes, services }: PlacementScenario,
  placement: PlannedPlacement,
): (service: string) => SharesByNode {
  const indexes = new Map(nodes.map(({ name }, index) => [name, index]));
  const shares = new Map(
    services.map(({ name, replicas }) => [
      name,
      new Map(
        [...(placement.get(name) ?? [])].flatMap(([node, count]): [number, number][] => {
          const index = indexes.get(node);
          return index === undefined || count <= 0 ? [] : [[index, count / replicas]];
        }),
      ),
    ]),
  );
  return (service) => shares.get(service) ?? new Map();
}
