import { anneal } from "./anneal.ts";
import { BestPlacement } from "./best-placement.ts";
import type { Effort } from "./effort.ts";
import { goHome } from "./go-home.ts";
import type { PlacementProblem } from "./placement-problem.ts";
import type { PlacementState } from "./placement-state.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { Walk } from "./walk.ts";

export interface SearchRequest {
  /** The start, which becomes the best placement found: never gaining less than it did, never more load over a limit. */
  readonly state: PlacementState;
  readonly random: SeededRandom;
  readonly effort: Effort;
  /** The search ends when this part of the effort is spent. */
  readonly until: number;
  /** Most replicas that may not be where they stood at first; Infinity for any number. */
  readonly movesMax: number;
  readonly onProgress?: ((best: SearchProgress) => void) | undefined;
}

export interface SearchProgress {
  readonly gained: number;
  readonly moved: number;
}

/**
 * Improves a placement by annealing again and again: from the melt and, every other time, from the best so far half melted.
 * One annealing takes so many steps for each replica; on small problems that makes many, on large ones the effort ends the first.
 */
export function searchPlacement({ state, random, effort, until, movesMax, onProgress }: SearchRequest): void {
  if (isHopeless(state)) return;
  const walk = new Walk({ state, random, movesMax });
  const best = new BestPlacement(state);
  const from = effort.spent();
  const annealUntil = from + (until - from) * ANNEALING_PART;
  const scale = scaleOf(walk.sides.weights);
  const onLook = () => {
    // Within few moves the best is met on the way, and the last stretch may fill the budget with the first gains it finds.
    if (movesMax < Number.POSITIVE_INFINITY) best.rememberAfter(effort.steps);
    onProgress?.(best.isBeaten() ? state : best);
  };
  for (let cycle = 0; effort.spent() < annealUntil && !isPerfect(best, state.problem); cycle++) {
    const hot = scale * (cycle % 2 === 1 ? HALF_MELTING : cycle === 0 ? MELTING : REMELTING);
    const stepsMax = Math.max(STEPS_MIN, STEPS_PER_REPLICA * replicasOf(state)) * GROWTH ** cycle;
    anneal(walk, effort, { hot, cold: scale * COLD, until: annealUntil, stepsMax, onLook });
    best.remember();
    if (cycle % 2 === 0) state.become(best.counts);
  }
  state.become(best.counts);
  bringHome(walk, effort, until);
}

const ANNEALING_PART = 0.97;
const MELTING = 0.25;
/** Hotter than the first, so that what has been found does not lead the next astray. */
const REMELTING = 0.5;
const HALF_MELTING = 0.05;
const COLD = 2.5e-4;
const STEPS_PER_REPLICA = 2000;
const STEPS_MIN = 20_000;
const GROWTH = 1.1;
const BRING_HOME_STEPS = 64;
const HOME_PRICE = 1e-9;

/** Without traffic, or on a single node, all placements are alike. */
function isHopeless({ problem: { peers, ownWeights, nodeCount } }: PlacementState): boolean {
  return (peers.length === 0 && ownWeights === undefined) || nodeCount < 2;
}

/** Typical weight of a pair, which is what a step can gain or lose: sum of w^2 over sum of w. */
function scaleOf(weights: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares / sum;
}

/** Nothing broken, and all traffic on the node where it saves most, but for what rounding may leave. */
function isPerfect({ excess, gained }: BestPlacement, { peerWeights, ownWeights }: PlacementProblem): boolean {
  const sumOf = (weights: Float64Array = new Float64Array()) => weights.reduce((sum, weight) => sum + weight, 0);
  return excess === 0 && gained >= sumOf(peerWeights) / 2 + sumOf(ownWeights) - 1e-12;
}

function replicasOf({ problem }: PlacementState): number {
  return problem.replicas.reduce((sum, count) => sum + count, 0);
}

/** Saves moves that gain nothing. */
function bringHome(walk: Walk, effort: Effort, until: number): void {
  walk.temperature = 0;
  walk.movePrice = HOME_PRICE;
  while (effort.spent() < until && walk.state.vacancies.sizeOf(0) > 0) {
    for (let step = 0; step < BRING_HOME_STEPS; step++) goHome(walk);
    effort.steps += BRING_HOME_STEPS;
  }
}
