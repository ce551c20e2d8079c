/** A solver's split with what it really comes to, and how far from the optimum it can be at most. */
import { lowerBoundOf } from "./certificate.ts";
import { certificateWeights } from "./certificate-weights.ts";
import { keepingLatency } from "./keep-latency.ts";
import { routesInUse } from "./routes-in-use.ts";
import {
  routedBy,
  type SolveOptions,
  type Split,
  type SplitAnswer,
  type SplitProblem,
  type SplitSolver,
} from "./split-problem.ts";
import { type Utilisation, utilisationOf } from "./utilisation.ts";

export interface CertifiedSplit {
  readonly kind: "certified";
  readonly flows: Split["flows"];
  /** Where routes are free: those chosen, or if the solver chose none, the shortest. */
  readonly routes: Split["routes"] | undefined;
  readonly utilisation: Utilisation;
  /** No split of the problem has a smaller largest utilisation. */
  readonly lowerBound: number;
  /** What proves that. */
  readonly resourceWeights: Float64Array;
  readonly iterations: number;
  /** Which solver it was, where one was chosen, and why it was not a better one. */
  readonly solver: string | undefined;
  readonly remark: string | undefined;
}

/** Utilisation and bound are computed here from the flows and the weights: a solver is not taken at its word. */
export function certifiedSplit(
  problem: SplitProblem,
  solve: SplitSolver,
  options?: SolveOptions,
): CertifiedSplit | Exclude<SplitAnswer, { readonly kind: "split" }> {
  const answer = keepingLatency(solve)(problem, options);
  if (answer.kind !== "split") return answer;
  const { flows, iterations, solver, remark, resourceWeights = certificateWeights(problem) } = answer;
  const isFree = problem.network.routing.kind === "free";
  const routes = isFree ? (answer.routes ?? routesInUse(problem, flows)) : undefined;
  const utilisation = utilisationOf(routedBy(problem, routes), flows);
  const lowerBound = lowerBoundOf(problem, resourceWeights);
  return { kind: "certified", flows, routes, utilisation, lowerBound, resourceWeights, iterations, solver, remark };
}
