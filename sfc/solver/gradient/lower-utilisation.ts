/** First objective: the largest utilisation, to within a gap of its own lower bound. */
import type { BestBound } from "./best-bound.ts";
import { reload } from "./flow-state.ts";
import type { Rounds } from "./rounds.ts";

export interface UtilisationGoal {
  /** Enough is a largest utilisation of at most (1 + gap - slack) * bound, and where that takes long, of (1 + gap) * bound. */
  readonly gap: number;
  readonly slack: number;
  /** In units of utilisation, to begin with. */
  readonly smoothing: number;
  readonly roundsMax: number;
  readonly isOverdue: () => boolean;
}

/** Below this part of the utilisation exponents lose their meaning. */
const SMOOTHING_MIN = 1e-9;
const PATIENCE_ROUNDS = 25;

/**
 * What separates the fullest resource from the bound has two parts: that weight lies on emptier resources (highest - mean), which a
 * smaller mu mends, and that flow is on dear ways (mean - bound), which another round mends. Mu is halved only when the first
 * part is the larger one: a mu that is small too early makes prices jump from round to round, and the bound with them.
 * Answers the number of rounds.
 */
export function lowerUtilisation({ state, ways, run }: Rounds, best: BestBound, goal: UtilisationGoal): number {
  const { potential } = state;
  let { smoothing } = goal;
  let round = 0;
  for (; round < goal.roundsMax; round += 1) {
    const { highest } = potential;
    potential.retune({ smoothing, reference: highest, delayPrice: 0 });
    const bound = best.look(state, ways);
    const gap = round < PATIENCE_ROUNDS ? Math.max(goal.gap - goal.slack, goal.gap / 2) : goal.gap;
    if (highest <= best.value * (1 + gap) || goal.isOverdue()) break;
    if (2 * (highest - weightedMean(potential)) > highest - bound) {
      smoothing = Math.max(smoothing / 2, SMOOTHING_MIN * highest);
      potential.retune({ smoothing, reference: highest, delayPrice: 0 });
    }
    run();
  }
  reload(state);
  return round;
}

function weightedMean({ weights, utilisations }: Rounds["state"]["potential"]): number {
  let [sum, total] = [0, 0];
  for (let resource = 0; resource < weights.length; resource += 1) {
    sum += (weights[resource] ?? 0) * (utilisations[resource] ?? 0);
    total += weights[resource] ?? 0;
  }
  return sum / total;
}
