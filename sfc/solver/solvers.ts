/** The solvers by name. */
import { autoSplit } from "./auto-split.ts";
import { capacityWeightedSplit } from "./capacity-weighted/capacity-weighted-split.ts";
import { exactSplit } from "./exact/exact-split.ts";
import { gradientSplit } from "./gradient/gradient-split.ts";
import { nearestSplit } from "./nearest/nearest-split.ts";
import { roundRobinSplit } from "./round-robin/round-robin-split.ts";
import type { SplitSolver } from "./split-problem.ts";

export const solverNames = ["auto", "exact", "gradient", "capacity-weighted", "nearest", "round-robin"] as const;
export type SolverName = (typeof solverNames)[number];

export interface SolverOptions {
  /** For `exact`, and for when `auto` chooses it: arcs of all layered graphs together. */
  readonly variablesMax: number;
  /** For `gradient`: true ends the search with what there is. */
  readonly isOverdue?: () => boolean;
}

export function solverNamed(name: SolverName, options: SolverOptions): SplitSolver {
  switch (name) {
    case "auto":
      return (problem) => autoSplit(problem, options);
    case "exact":
      return (problem) => exactSplit(problem, { variablesMax: options.variablesMax });
    case "gradient":
      return (problem) => gradientSplit(problem, options);
    case "capacity-weighted":
      return capacityWeightedSplit;
    case "nearest":
      return nearestSplit;
    case "round-robin":
      return roundRobinSplit;
  }
}
