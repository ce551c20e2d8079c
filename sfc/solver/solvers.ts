/** The solvers by name. */
import { autoSplit } from "./auto-split.ts";
import { capacityWeightedSplit } from "./capacity-weighted/capacity-weighted-split.ts";
import { exactSplit } from "./exact/exact-split.ts";
import type { HighsRuntime } from "./exact/with-highs.ts";
import { gradientSplit } from "./gradient/gradient-split.ts";
import { nearestSplit } from "./nearest/nearest-split.ts";
import { roundRobinSplit } from "./round-robin/round-robin-split.ts";
import type { SplitSolver } from "./split-problem.ts";

export const solverNames = ["auto", "exact", "gradient", "capacity-weighted", "nearest", "round-robin"] as const;
export type SolverName = (typeof solverNames)[number];

export interface SolverOptions {
  /** For `exact`, and for when `auto` chooses it. */
  readonly variablesMax: number;
  readonly highs?: HighsRuntime | undefined;
  readonly secondsMax?: number;
  /** For `gradient`: true ends the search with what there is. */
  readonly isOverdue?: () => boolean;
}

export function solverNamed(name: SolverName, options: SolverOptions): SplitSolver {
  switch (name) {
    case "auto":
      return (problem, solving) => autoSplit(problem, options, solving);
    case "exact":
      return (problem) => exactSplit(problem, options);
    case "gradient":
      return (problem, solving) => gradientSplit(problem, options, solving);
    case "capacity-weighted":
      return capacityWeightedSplit;
    case "nearest":
      return nearestSplit;
    case "round-robin":
      return roundRobinSplit;
  }
}
