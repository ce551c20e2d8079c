import fc from "fast-check";
import { expect, test } from "vitest";
import type { PlacementScenario } from "../../../core/model/placement-scenario.ts";
import { checkPlacement } from "../../../scheduler/placement/search/check-placement.ts";
import { bestGainedAffinity } from "../../builders/best-placement.ts";
import { anyScenario } from "../../builders/placement-scenario.ts";
import { loadSolver, optimalPlacement } from "./optimal-placement.ts";

test("no placement of a tiny scenario gains more", async () => {
  const solver = await loadSolver();
  const property = fc.property(anyScenario.filter(isTiny), (scenario) => {
    const facts = checkPlacement(scenario, optimalPlacement(scenario, solver, 60));
    expect(facts.violations).toEqual([]);
    expect(facts.gainedAffinity).toBeCloseTo(bestGainedAffinity(scenario, Number.POSITIVE_INFINITY), 6);
  });
  fc.assert(property, { numRuns: 50 });
});

/** So that all placements can be tried. */
function isTiny({ services, nodes }: PlacementScenario): boolean {
  return services.reduce((ways, { replicas }) => ways * nodes.length ** replicas, 1) <= 5000;
}
