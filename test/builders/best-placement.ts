/** The most that a placement of a tiny scenario can save, by trying every placement: the oracle of the search. */
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { checkPlacement } from "../../scheduler/placement/search/check-placement.ts";

/** @param movesMax placements that move more do not count. */
export function mostSaved(scenario: PlacementScenario, movesMax: number): number {
  const counts = new Map(scenario.services.map(({ name }) => [name, new Map<string, number>()]));
  let best = 0;
  const visit = (service: number): void => {
    const next = scenario.services[service];
    if (next) spread(service, next.replicas, 0);
    else {
      const facts = checkPlacement(scenario, counts);
      if (facts.violations.length === 0 && facts.moves <= movesMax) best = Math.max(best, facts.saved);
    }
  };
  const spread = (service: number, left: number, node: number): void => {
    const own = counts.get(scenario.services[service]?.name ?? "");
    const isLast = node === scenario.nodes.length - 1;
    for (let count = isLast ? left : 0; count <= left; count++) {
      own?.set(scenario.nodes[node]?.name ?? "", count);
      if (isLast) visit(service + 1);
      else spread(service, left - count, node + 1);
    }
  };
  visit(0);
  return best;
}
