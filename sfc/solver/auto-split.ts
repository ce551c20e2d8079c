/** The exact split where it is quick to find, the gradient solver's beyond, and where the exact one fails. */
import { type ExactSplitOptions, exactSplit } from "./exact/exact-split.ts";
import { type GradientOptions, gradientSplit } from "./gradient/gradient-split.ts";
import type { SolveOptions, Split, SplitProblem } from "./split-problem.ts";

export interface AutoSplitOptions extends Partial<GradientOptions>, Partial<ExactSplitOptions> {
  /** Of the exact solver. */
  readonly variablesMax: number;
}

export function autoSplit(problem: SplitProblem, options: AutoSplitOptions, { earlier }: SolveOptions = {}): Split {
  const exact = exactSplit(problem, options);
  if (exact.kind === "split") return { ...exact, solver: "exact" };
  const remark =
    exact.kind === "failed"
      ? `the exact solver failed: ${exact.reason}`
      : `${exact.variables} variables are more than the ${exact.variablesMax} that the exact solver takes`;
  return { ...gradientSplit(problem, options, { earlier }), solver: "gradient", remark };
}
