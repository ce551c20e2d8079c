import type { PlacementScenario, PlannedPlacement } from "../../core/model/placement-scenario.ts";
import type { PlanObjective } from "../placement/groups/group-plan.ts";
import { costOfPlacement } from "../placement/search/cost-of-placement.ts";
import type { PlanOrder, RunPlan } from "./plan-runner.ts";

/**
 * What a plan is worth: against the same pods one after another, the large ones first, each where it costs least at that time.
 * Undefined where that is not known, as when planning has other things to do. Never rejects.
 */
export async function comparePlan(
  run: RunPlan,
  scenario: PlacementScenario,
  placement: PlannedPlacement,
  order: PlanOrder,
): Promise<PlanObjective | undefined> {
  const { costTree: tree } = scenario;
  if (!tree) return undefined;
  try {
    const greedy = await run(scenario, { ...order, stepsMax: 0 });
    if (greedy.kind !== "planned") return undefined;
    const costOf = (placed: PlannedPlacement) => costOfPlacement(scenario, tree, placed).meanCost;
    return { planned: costOf(placement), oneByOne: costOf(greedy.placement) };
  } catch {
    return undefined;
  }
}
