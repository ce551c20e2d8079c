/** The solvers by name. */
import { capacityWeightedSplit } from "./capacity-weighted/capacity-weighted-split.ts";
import { exactSplit } from "./exact/exact-split.ts";
import { gradientSplit } from "./gradient/gradient-split.ts";
import { nearestSplit } from "./nearest/nearest-split.ts";
import { roundRobinSplit } from "./round-robin/round-robin-split.ts";
import type { SplitSolver } from "./split-problem.ts";

export const solverNames = ["exact", "gradient", "capacity-weighted", "nearest", "round-robin"] as const;
export type SolverName = (typeof solverNames)[number];

export interface SolverOptions {
  /** For `exact`: arcs of all layered graphs together. */
  readonly variablesMax: number;
}

export function solverNamed(name: SolverName, { variablesMax }: SolverOptions): SplitSolver {
  switch (name) {
    case "exact":
      return (problem) => exactSplit(problem, { variablesMax });
    case "gradient":
      return (problem) => gradientSplit(problem);
    case "capacity-weighted":
      return capacityWeightedSplit;
    case "nearest":
      return nearestSplit;
    case "round-robin":
      return roundRobinSplit;
  }
}
