/** The exact split where it is quick to find, the gradient solver's beyond. */
import { exactSplit } from "./exact/exact-split.ts";
import { type GradientOptions, gradientSplit } from "./gradient/gradient-split.ts";
import type { Split, SplitProblem } from "./split-problem.ts";

export interface AutoSplitOptions extends Partial<GradientOptions> {
  /** Arcs of all layered graphs together that the exact solver takes. */
  readonly variablesMax: number;
}

export interface AutoSplit extends Split {
  readonly solver: "exact" | "gradient";
  /** Why it is not the exact one. */
  readonly reason: string | undefined;
}

export function autoSplit(problem: SplitProblem, { variablesMax, ...options }: AutoSplitOptions): AutoSplit {
  const exact = exactSplit(problem, { variablesMax });
  if (exact.kind === "split") return { ...exact, solver: "exact", reason: undefined };
  const reason =
    exact.kind === "failed"
      ? `the exact solver failed: ${exact.reason}`
      : `${exact.variables} variables are more than the ${exact.variablesMax} that the exact solver takes`;
  return { ...gradientSplit(problem, options), solver: "gradient", reason };
}
