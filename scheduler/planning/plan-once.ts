import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { type PlanOutcome, planPlacement } from "../placement/search/plan-placement.ts";
import type { PlanOrder } from "./plan-runner.ts";

/** Takes its whole time in one go. @throws Error where the scenario contradicts itself */
export function planOnce(
  scenario: PlacementScenario,
  { seed, movesMax, stepsMax, millisecondsMax }: PlanOrder,
): PlanOutcome {
  const endsAtMs = performance.now() + millisecondsMax;
  const shouldStop = () => stepsMax <= 0 || performance.now() >= endsAtMs;
  const limit = { kind: "steps", stepsMax: Math.max(1, stepsMax) } as const;
  return planPlacement(scenario, { effort: { limit, shouldStop }, seed, movesMax });
}
