/** Any cost trees: of few groups or many, some that cost no less than the one around them or hold the same nodes. */
import fc from "fast-check";
import type { CostTree } from "../../core/model/cost-tree.ts";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { anyScenario } from "./placement-scenario.ts";

export function anyCostTree(nodeCount: number): fc.Arbitrary<CostTree> {
  return fc
    .record({
      nodeCosts: fc.array(fc.nat(2), { minLength: nodeCount, maxLength: nodeCount }),
      merges: fc.array(fc.record({ from: fc.nat(9), count: fc.integer({ min: 1, max: 3 }), more: fc.nat(3) }), {
        maxLength: 6,
      }),
      more: fc.nat(5),
    })
    .map(({ nodeCosts, merges, more }) => {
      const [parent, cost] = [nodeCosts.map(() => -1), [...nodeCosts]];
      let largest = [...nodeCosts.keys()];
      const merge = (members: readonly number[], added: number) => {
        for (const member of members) parent[member] = parent.length;
        largest = [...largest.filter((group) => !members.includes(group)), parent.length];
        cost.push(Math.max(...members.map((member) => cost[member] ?? 0)) + added);
        parent.push(-1);
      };
      for (const each of merges) {
        const from = each.from % largest.length;
        merge(largest.slice(from, from + each.count), each.more);
      }
      merge(largest, more);
      return { parent: Int32Array.from(parent), cost: Float64Array.from(cost) };
    });
}

export const anyScenarioWithCosts: fc.Arbitrary<PlacementScenario> = anyScenario.chain((scenario) =>
  anyCostTree(scenario.nodes.length).map((costTree) => ({ ...scenario, costTree })),
);
