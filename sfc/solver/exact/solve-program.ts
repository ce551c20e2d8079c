/** javascript-lp-solver behind values: what it found, the prices of its constraints, or why not. */
import library from "javascript-lp-solver";
import type { LinearProgram } from "./linear-program.ts";

export type ProgramSolution =
  | {
      readonly kind: "solved";
      readonly objective: number;
      readonly valueOf: (variable: string) => number;
      /** How much the objective would gain per unit of the constraint's bound, without sign; 0 where it does not bind. */
      readonly priceOf: (constraint: string) => number;
    }
  | { readonly kind: "unsolved"; readonly reason: string };

/** The package declares its types for CommonJS; what Node imports is the solver itself. */
const solver = library as unknown as { Solve(program: LinearProgram, precision: number, isFull: true): unknown };

/** Finer than the library's default, which shows in the sixth digit of a certificate. */
const PRECISION = 1e-9;

/** Nothing here is to be relied on: the library answers `feasible` also when it gave up, so callers check what they get. */
export function solveProgram(program: LinearProgram): ProgramSolution {
  const solution = solver.Solve(program, PRECISION, true);
  if (!isSolution(solution)) return { kind: "unsolved", reason: "the solver's answer has an unknown shape" };
  if (!solution.feasible) return { kind: "unsolved", reason: "the solver finds no feasible point" };
  if (!solution.bounded) return { kind: "unsolved", reason: "the solver finds no bound" };
  const { solutionSet, evaluation: objective, _tableau: tableau } = solution;
  const slackOf = new Map<string, number>();
  let row = 0;
  for (const [name, bound] of Object.entries(program.constraints)) {
    slackOf.set(name, tableau.model.constraints[row]?.slack.index ?? -1);
    row += "equal" in bound ? 2 : 1;
  }
  return {
    kind: "solved",
    objective,
    valueOf: (variable) => solutionSet[variable] ?? 0,
    priceOf(constraint) {
      const column = tableau.colByVarIndex[slackOf.get(constraint) ?? -1] ?? -1;
      return column < 0 ? 0 : Math.abs(tableau.matrix[column] ?? 0);
    },
  };
}

/** What a full answer holds. Row 0 of the final tableau has the reduced costs: of a slack, its constraint's price. */
interface FullSolution {
  readonly feasible: boolean;
  readonly bounded: boolean;
  readonly evaluation: number;
  readonly solutionSet: Readonly<Record<string, number>>;
  readonly _tableau: {
    readonly matrix: Float64Array;
    readonly colByVarIndex: readonly number[];
    readonly model: { readonly constraints: readonly { readonly slack: { readonly index: number } }[] };
  };
}

function isSolution(value: unknown): value is FullSolution {
  return typeof value === "object" && value !== null && "solutionSet" in value && "_tableau" in value;
}
