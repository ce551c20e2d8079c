import fc from "fast-check";
import { expect, test } from "vitest";
import type { PlacementScenario } from "../../../core/model/placement-scenario.ts";
import { checkPlacement } from "../../../scheduler/placement/search/check-placement.ts";
import { mostSaved } from "../../builders/best-placement.ts";
import { anyScenarioWithCosts } from "../../builders/cost-trees.ts";
import { anyScenario } from "../../builders/placement-scenario.ts";
import { loadSolver, optimalPlacement } from "./optimal-placement.ts";

test.each([
  { what: "gains", scenarios: anyScenario },
  { what: "saves, by any costs between nodes,", scenarios: anyScenarioWithCosts },
])("no placement of a tiny scenario $what more", async ({ scenarios }) => {
  const solver = await loadSolver();
  const property = fc.property(scenarios.filter(isTiny), (scenario) => {
    const facts = checkPlacement(scenario, optimalPlacement(scenario, solver, 60));
    expect(facts.violations).toEqual([]);
    expect(facts.saved).toBeCloseTo(mostSaved(scenario, Number.POSITIVE_INFINITY), 6);
  });
  fc.assert(property, { numRuns: 25 });
});

/** So that all placements can be tried. */
function isTiny({ services, nodes }: PlacementScenario): boolean {
  return services.reduce((ways, { replicas }) => ways * nodes.length ** replicas, 1) <= 5000;
}
