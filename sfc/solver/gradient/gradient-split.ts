/**
 * Splits networks of any size to within a gap that the answer proves itself: each step asks for shortest ways through the
 * layered graphs at the present prices of resources, and moves flow to them from the dearest ways in use.
 */
import type { EarlierSplit, SolveOptions, Split, SplitProblem } from "../split-problem.ts";
import { BestBound } from "./best-bound.ts";
import { chosenRoutes } from "./chosen-routes.ts";
import { resumeFlows } from "./earlier-split.ts";
import { firstFlows, settleChain } from "./first-flows.ts";
import { flowProgramOf } from "./flow-program.ts";
import { flowStateOf } from "./flow-state.ts";
import { lowerDelay } from "./lower-delay.ts";
import { lowerUtilisation } from "./lower-utilisation.ts";
import { type Rounds, roundsOf } from "./rounds.ts";

export interface GradientOptions {
  /** The largest utilisation is at most this part above the bound, if rounds and time suffice. More than 0. */
  readonly gap: number;
  /** Part of the gap that is spent on less delay; 0 looks at utilisation alone. */
  readonly slack: number;
  readonly roundsMax: number;
  /** Asked between rounds: true ends the search with what there is. */
  readonly isOverdue: () => boolean;
}

const gradientDefaults: GradientOptions = {
  gap: 0.01,
  slack: 0.005,
  roundsMax: 200,
  isOverdue: () => false,
};

/** Of the delay's rounds: smooth first, so that chains find each other's room, then as sharp as the limit is meant. */
const DELAY_SMOOTHINGS = [0.03, 0.021, 0.015, 0.011, 0.0075, 0.0053, 0.0038, 0.0027, 0.0019, 0.0014, 0.001, 0.001];
const RESUMED_SMOOTHINGS = [0.001, 0.001, 0.001];

export type GradientSplit = Split & Required<Pick<Split, "resourceWeights">>;

/** Time of a round O(arcs + destinations * links on shortest paths to one); the same input gives the same answer. */
export function gradientSplit(
  problem: SplitProblem,
  options: Partial<GradientOptions> = {},
  { earlier }: SolveOptions = {},
): GradientSplit {
  const goal = { ...gradientDefaults, ...options };
  const program = flowProgramOf(problem);
  const rounds = roundsOf(flowStateOf(program));
  const best = new BestBound(program.capacities.length);
  const iterations = earlier ? resume(problem, earlier, rounds, best, goal) : begin(rounds, best, goal);
  const flows = flowsOf(rounds);
  const routes = chosenRoutes(problem, rounds.state);
  return { kind: "split", flows, ...(routes && { routes }), iterations, resourceWeights: best.weights };
}

function begin(rounds: Rounds, best: BestBound, goal: GradientOptions): number {
  firstFlows(rounds.state, rounds.ways);
  const { highest } = rounds.state.potential;
  if (highest === 0) return 1;
  return improve(rounds, best, highest / Math.log(best.weights.length + 1), goal);
}

function improve(rounds: Rounds, best: BestBound, smoothing: number, goal: GradientOptions): number {
  const { gap, slack, roundsMax, isOverdue } = goal;
  const iterations = lowerUtilisation(rounds, best, { gap, slack, smoothing, roundsMax, isOverdue });
  if (slack === 0 || isOverdue()) return iterations;
  const utilisationMax = Math.max(rounds.state.potential.highest, allowed(best, gap));
  return iterations + lowerDelay(rounds, { utilisationMax, smoothings: DELAY_SMOOTHINGS, isEnough: isOverdue });
}

/**
 * With the old weights the bound is nearly as good as it was, so the limit is known at once, and flow needs to be moved only
 * where it is exceeded. If that does not do, it is one more start for the search of the smallest utilisation.
 */
function resume(
  problem: SplitProblem,
  earlier: EarlierSplit,
  rounds: Rounds,
  best: BestBound,
  goal: GradientOptions,
): number {
  resumeFlows(problem, rounds, best, earlier);
  const { potential } = rounds.state;
  const utilisationMax = allowed(best, goal.gap);
  if (!(utilisationMax > 0)) return begin(rounds, best, goal);
  const isEnough = () => potential.highest <= utilisationMax || goal.isOverdue();
  if (goal.slack === 0 && isEnough()) return 0;
  const iterations =
    goal.slack === 0 ? 0 : lowerDelay(rounds, { utilisationMax, smoothings: RESUMED_SMOOTHINGS, isEnough });
  if (isEnough()) return iterations;
  return iterations + improve(rounds, best, (potential.highest - best.value) / 2, goal);
}

/** A hair less, so that rounding elsewhere does not exceed the gap. */
function allowed({ value }: BestBound, gap: number): number {
  return value * (1 + gap) * (1 - 1e-9);
}

function flowsOf({ state, ways }: Rounds): readonly Float64Array[] {
  const { program, flows } = state;
  return Array.from({ length: program.chainCount }, (_, chain) => {
    settleChain(state, ways, chain);
    const [first, last] = [program.vertexStarts[chain] ?? 0, program.vertexStarts[chain + 1] ?? 0];
    return flows.slice(program.arcStarts[first], program.arcStarts[last]);
  });
}
