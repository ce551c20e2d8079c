/** The best placement of a scenario, proven by a mixed-integer solver (HiGHS): what the search is measured against. */
import highsModule, { type LegacyHighs } from "highs";
import { present } from "../../../core/model/invariant.ts";
import type { PlacementScenario, PlannedPlacement } from "../../../core/model/placement-scenario.ts";
import { cellName, placementProgram } from "./placement-program.ts";

export type Solver = Pick<LegacyHighs, "solve">;

/** Takes a moment: a solver is for many scenarios. */
export function loadSolver(): Promise<Solver> {
  // The package's types describe it as CommonJS; what Node loads is its ES module.
  return (highsModule as unknown as typeof highsModule.default)();
}

/**
 * Best by the balanced split's cost, or by gained affinity where the scenario has no cost tree. The solver closes its gap to what
 * its tolerances (1e-6 of the traffic) let it see.
 *
 * @throws Error when the scenario has no placement, or none was proven best within `secondsMax`.
 */
export function optimalPlacement(scenario: PlacementScenario, solver: Solver, secondsMax: number): PlannedPlacement {
  const { Status: status, Columns: columns } = solver.solve(placementProgram(scenario), {
    output_flag: false,
    time_limit: secondsMax,
    mip_rel_gap: 0,
    mip_abs_gap: 1e-9,
  });
  if (status !== "Optimal") throw new Error(`${scenario.name}: not solved: ${status}`);
  const countOf = (service: number, node: number) => {
    const column = present(columns[cellName(service, node)], "column");
    return "Primal" in column ? Math.round(column.Primal) : 0;
  };
  return new Map(
    scenario.services.map((service, index) => {
      const counts = scenario.nodes.map(({ name }, node) => [name, countOf(index, node)] as const);
      return [service.name, new Map(counts.filter(([, count]) => count > 0))];
    }),
  );
}
