/** What the parts of the placement benchmark have in common. */
import { readFileSync } from "node:fs";
import type { PlacementScenario, PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { parsePlacementScenario } from "../../platform/schema/placement-scenario.ts";
import { checkPlacement } from "../../scheduler/placement/search/check-placement.ts";
import { heaviestPairsFirst, netmarksGreedy } from "../../scheduler/placement/search/netmarks-greedy.ts";
import { placementProblemOf } from "../../scheduler/placement/search/placement-problem.ts";
import { placementOf, planPlacement } from "../../scheduler/placement/search/plan-placement.ts";
import { answerOf, type PlanAnswer } from "../../scheduler/plan/plan-answer.ts";

export interface GreedyRun {
  readonly placement: PlannedPlacement;
  readonly gained: number;
  readonly pending: number;
}

export function greedyOf(scenario: PlacementScenario, isHeaviestFirst: boolean): GreedyRun {
  const problem = placementProblemOf(scenario);
  const order = isHeaviestFirst ? heaviestPairsFirst(problem) : [...problem.replicas.keys()];
  const { state, pending } = netmarksGreedy(problem, order);
  const placement = placementOf(scenario, state);
  return { placement, gained: checkPlacement(scenario, placement).gainedAffinity, pending };
}

/** Throws if any limit is broken. */
export function planned(scenario: PlacementScenario, seconds: number, seed: number): PlanAnswer {
  const limit = { kind: "time", nowMs: () => performance.now(), millisecondsMax: 1000 * seconds } as const;
  const movesMax = Number.POSITIVE_INFINITY;
  const startedMs = performance.now();
  const plan = planPlacement(scenario, { effort: { limit }, seed, movesMax });
  if (plan.kind !== "planned") throw new Error(`${scenario.name}: no room for ${plan.service}`);
  return answerOf(scenario, plan, { seed, seconds: (performance.now() - startedMs) / 1000, movesMax });
}

export function scenarioFrom(name: string): PlacementScenario {
  const parsed = parsePlacementScenario(JSON.parse(readFileSync(`test/data/${name}.json`, "utf8")));
  if (parsed.kind === "rejected") throw new Error(`${name}: ${parsed.field}: ${parsed.reason}`);
  return parsed.value;
}

export function initialOf({ services }: PlacementScenario): PlannedPlacement {
  return new Map(services.map(({ name, initial }) => [name, initial]));
}

export function share(part: number): string {
  return part.toFixed(4);
}

export function percent(part: number): string {
  return `${(100 * Math.max(0, part)).toFixed(2)} %`;
}
