import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { orderMoves } from "../placement/search/order-moves.ts";
import { planPlacement } from "../placement/search/plan-placement.ts";
import type { PlanOrder, PlanWithMoves } from "./plan-runner.ts";

/** Takes its whole time in one go. @throws Error where the scenario contradicts itself */
export function planOnce(
  scenario: PlacementScenario,
  { seed, movesMax, stepsMax, millisecondsMax, hasMoves = false }: PlanOrder,
): PlanWithMoves {
  const endsAtMs = performance.now() + millisecondsMax;
  const shouldStop = () => stepsMax <= 0 || performance.now() >= endsAtMs;
  const limit = { kind: "steps", stepsMax: Math.max(1, stepsMax) } as const;
  const outcome = planPlacement(scenario, { effort: { limit, shouldStop }, seed, movesMax });
  if (!hasMoves || outcome.kind !== "planned") return outcome;
  return { ...outcome, moves: orderMoves(scenario, outcome.placement, movesMax) };
}
