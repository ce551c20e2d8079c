import type { CostTree } from "../../core/model/cost-tree.ts";
import type { PlacementScenario, PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { splitByTree } from "../../core/model/split-by-tree.ts";
import { sharesByService } from "../placement/search/cost-of-placement.ts";

/**
 * What a byte costs on average by a table, by node and node, when traffic is split as the tree says. What is pending counts as
 * farthest away. In the worst case O(pairs * nodes^2).
 */
export function measuredCost(
  scenario: PlacementScenario,
  tree: CostTree,
  table: readonly (readonly number[])[],
  placement: PlannedPlacement,
): number {
  const farthest = table.reduce((most, row) => row.reduce((max, cost) => Math.max(max, cost), most), 0);
  const shares = sharesByService(scenario, placement);
  let [bytes, costs] = [0, 0];
  for (const { from, to, weight } of scenario.traffic) {
    let [pair, left] = [0, 1];
    for (const { kept, offered, accepted, senders, receivers } of splitByTree(tree, shares(from), shares(to))) {
      left -= kept;
      for (const sender of senders)
        for (const receiver of receivers) {
          const fraction = (kept * sender.left * receiver.left) / (offered * accepted);
          pair += fraction * (table[sender.node]?.[receiver.node] ?? 0);
        }
    }
    bytes += weight;
    costs += weight * (pair + Math.max(0, left) * farthest);
  }
  return bytes > 0 ? costs / bytes : 0;
}
