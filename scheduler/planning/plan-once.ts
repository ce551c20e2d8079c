import type { PlacementScenario, PlannedPlacement } from "../../core/model/placement-scenario.ts";
import type { PlanObjective } from "../placement/groups/group-plan.ts";
import { costOfPlacement } from "../placement/search/cost-of-placement.ts";
import { orderMoves } from "../placement/search/order-moves.ts";
import { type PlanOutcome, planPlacement } from "../placement/search/plan-placement.ts";
import type { PlanOrder, PlanResult } from "./plan-runner.ts";

/** Takes its whole time in one go. @throws Error where the scenario contradicts itself */
export function planOnce(
  scenario: PlacementScenario,
  { seed, movesMax, stepsMax, millisecondsMax, hasMoves = false, hasObjective = false }: PlanOrder,
): PlanResult {
  const endsAtMs = performance.now() + millisecondsMax;
  const shouldStop = () => stepsMax <= 0 || performance.now() >= endsAtMs;
  const limit = { kind: "steps", stepsMax: Math.max(1, stepsMax) } as const;
  const outcome = planPlacement(scenario, { effort: { limit, shouldStop }, seed, movesMax });
  if (outcome.kind !== "planned") return outcome;
  return {
    ...outcome,
    ...(hasMoves && { moves: orderMoves(scenario, outcome.placement, movesMax) }),
    ...(hasObjective && objectiveOf(scenario, outcome)),
  };
}

/** None without costs. */
function objectiveOf(
  scenario: PlacementScenario,
  { placement, start }: PlanOutcome & { readonly kind: "planned" },
): { readonly objective?: PlanObjective } {
  const { costTree: tree } = scenario;
  if (!tree) return {};
  const costOf = (placed: PlannedPlacement) => costOfPlacement(scenario, tree, placed).meanCost;
  return { objective: { planned: costOf(placement), oneByOne: costOf(start) } };
}
