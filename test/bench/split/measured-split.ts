/** One solver on one network: how long it took, how full things get, and what is proved. */
import type { SplitNetwork } from "../../../core/model/split-network.ts";
import { type CertifiedSplit, certifiedSplit } from "../../../sfc/solver/certified-split.ts";
import { checkSplit } from "../../../sfc/solver/check-split.ts";
import { integerWeights } from "../../../sfc/solver/integer-weights.ts";
import {
  routedBy,
  type SolveOptions,
  type SplitProblem,
  type SplitSolver,
  splitProblemOf,
} from "../../../sfc/solver/split-problem.ts";
import { utilisationOf } from "../../../sfc/solver/utilisation.ts";

export interface MeasuredSplit extends CertifiedSplit {
  readonly milliseconds: number;
}

export function problemOf(network: SplitNetwork): SplitProblem {
  const prepared = splitProblemOf(network);
  if (prepared.kind === "unreachable") throw new Error(`${network.name}: chain ${prepared.chain} has no way`);
  return prepared.problem;
}

/** The time is the solver's own. Undefined where it gives up; throws if the checker finds anything else than it claims. */
export function measuredSplit(
  problem: SplitProblem,
  solve: SplitSolver,
  options?: SolveOptions,
): MeasuredSplit | undefined {
  let milliseconds = 0;
  const timed: SplitSolver = (each, given) => {
    const startedMs = performance.now();
    const answer = solve(each, given);
    milliseconds += performance.now() - startedMs;
    return answer;
  };
  const split = certifiedSplit(problem, timed, options);
  if (split.kind !== "certified") return undefined;
  const checked = checkSplit(problem, split);
  if (checked.kind === "wrong") throw new Error(checked.reason);
  return { ...split, milliseconds };
}

/** By how much integer weights fill the fullest resource more than the split, as a part. */
export function roundingLoss(problem: SplitProblem, split: CertifiedSplit, sum: number): number {
  const routed = routedBy(problem, split.routes);
  const { flows } = integerWeights(routed, split.flows, { sum, spare: (_, leaving) => leaving.map(() => 1) });
  return utilisationOf(routed, flows).max / split.utilisation.max - 1;
}

export function gapOf({ utilisation, lowerBound }: CertifiedSplit): number {
  return utilisation.max / lowerBound - 1;
}
