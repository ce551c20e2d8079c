import { gradientSplit } from "./gradient/gradient-split.ts";
import type { SplitProblem } from "./split-problem.ts";

/** Closer costs more rounds than a baseline's certificate is worth. */
const GAP = 0.005;

/** Resource weights for the certificate of a split whose solver knows none: they belong to the problem, not to the split. */
export function certificateWeights(problem: SplitProblem): Float64Array {
  return gradientSplit(problem, { gap: GAP, slack: 0 }).resourceWeights;
}
