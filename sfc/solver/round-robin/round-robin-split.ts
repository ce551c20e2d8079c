/** Baseline: every instance of the next function gets the same, wherever it stands and whatever it can take. */
import { flowsBy } from "../out-fractions.ts";
import type { SplitAnswer, SplitProblem } from "../split-problem.ts";

export function roundRobinSplit({ graphs }: SplitProblem): SplitAnswer {
  const flows = graphs.map((graph) => flowsBy(graph, (_, leaving) => leaving.map(() => 1)));
  return { kind: "split", flows, iterations: 1 };
}
