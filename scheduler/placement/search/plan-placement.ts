/** What `weft plan` does with a scenario: the best placement for all moves allowed, and what fewer would buy. */
import type { PlacementScenario, PlannedPlacement } from "../../../core/model/placement-scenario.ts";
import { Effort, type EffortOptions } from "./effort.ts";
import { placementProblemOf } from "./placement-problem.ts";
import { PlacementState } from "./placement-state.ts";
import { type SearchProgress, searchPlacement } from "./search-placement.ts";
import { SeededRandom } from "./seeded-random.ts";
import { startAt } from "./start-at.ts";

export interface PlanOptions {
  readonly effort: EffortOptions;
  /** The same seed and number of steps give the same plan. */
  readonly seed: number;
  /** Most replicas that may move; Infinity for any number. */
  readonly movesMax: number;
  readonly onProgress?: ((progress: PlanProgress) => void) | undefined;
}

export interface PlanProgress extends SearchProgress {
  /** Part of the effort that is spent. */
  readonly spent: number;
  readonly movesMax: number;
}

export interface PlannedMoves {
  readonly movesMax: number;
  readonly placement: PlannedPlacement;
}

export type PlanOutcome =
  | {
      readonly kind: "planned";
      readonly placement: PlannedPlacement;
      /** Where the search began: what stands, and what is pending one after another, large ones first, each where it gains most. */
      readonly start: PlannedPlacement;
      /** By moves allowed, fewest first; all below the plan's own. */
      readonly fewerMoves: readonly PlannedMoves[];
    }
  /** Nothing is known to be impossible, but no room was found for a replica of this service. */
  | { readonly kind: "no-room"; readonly service: string };

const CURVE_MOVES = [50, 100, 200, 500];
/** Of the effort, for each point of the curve. */
const CURVE_PART = 0.06;

export function planPlacement(scenario: PlacementScenario, options: PlanOptions): PlanOutcome {
  const problem = placementProblemOf(scenario);
  const state = new PlacementState(problem);
  const effort = new Effort(options.effort);
  const fewer = CURVE_MOVES.filter((moves) => moves < options.movesMax);
  const plans: PlannedMoves[] = [];
  let began: PlannedPlacement | undefined;
  for (const [index, movesMax] of [options.movesMax, ...fewer].entries()) {
    const start = startAt(state, movesMax);
    if (start.kind === "no-room") {
      if (index > 0) continue;
      return { kind: "no-room", service: scenario.services[start.service]?.name ?? "" };
    }
    began ??= placementOf(scenario, state);
    const onProgress = (best: SearchProgress) => options.onProgress?.({ ...best, spent: effort.spent(), movesMax });
    const random = new SeededRandom(options.seed + index);
    const until = 1 - (fewer.length - index) * CURVE_PART;
    searchPlacement({ state, random, effort, until, movesMax, onProgress });
    plans.push({ movesMax, placement: placementOf(scenario, state) });
  }
  const [best, ...fewerMoves] = plans;
  return { kind: "planned", placement: best?.placement ?? new Map(), start: began ?? new Map(), fewerMoves };
}

/** By the scenario's names; every service is there. */
export function placementOf({ nodes, services }: PlacementScenario, state: PlacementState): PlannedPlacement {
  const { hosts } = state;
  const nodesOf = (service: number) =>
    Array.from({ length: hosts.sizeOf(service) }, (_, host) => state.nodeOf(hosts.cellAt(service, host)));
  const standing = (service: number) =>
    nodesOf(service)
      .sort((a, b) => a - b)
      .map((node): [string, number] => [nodes[node]?.name ?? "", state.countOf(service, node)]);
  return new Map(services.map(({ name }, service) => [name, new Map(standing(service))]));
}
