/** A solver's split with what it really comes to, and how far from the optimum it can be at most. */
import { lowerBoundOf } from "./certificate.ts";
import { certificateWeights } from "./certificate-weights.ts";
import type { Split, SplitAnswer, SplitProblem, SplitSolver } from "./split-problem.ts";
import { type Utilisation, utilisationOf } from "./utilisation.ts";

export interface CertifiedSplit {
  readonly kind: "certified";
  readonly flows: Split["flows"];
  readonly utilisation: Utilisation;
  /** No split of the problem has a smaller largest utilisation. */
  readonly lowerBound: number;
  /** What proves that. */
  readonly resourceWeights: Float64Array;
  readonly iterations: number;
}

/** Utilisation and bound are computed here from the flows and the weights: a solver is not taken at its word. */
export function certifiedSplit(
  problem: SplitProblem,
  solve: SplitSolver,
): CertifiedSplit | Exclude<SplitAnswer, { readonly kind: "split" }> {
  const answer = solve(problem);
  if (answer.kind !== "split") return answer;
  const { flows, iterations, resourceWeights = certificateWeights(problem) } = answer;
  const utilisation = utilisationOf(problem, flows);
  const lowerBound = lowerBoundOf(problem, resourceWeights);
  return { kind: "certified", flows, utilisation, lowerBound, resourceWeights, iterations };
}
