/** javascript-lp-solver: pure JavaScript with a dense tableau, for small programs and as a second opinion. */
import library from "javascript-lp-solver";
import type { LinearProgram, ProgramGoal, ProgramLibrary, ProgramSolution } from "./linear-program.ts";

/** The package declares its types for CommonJS; what Node imports is the solver itself. */
const solver = library as unknown as { Solve(model: JslpModel, precision: number, isFull: true): unknown };

/** Finer than the library's default, which shows in the sixth digit of a certificate. */
const PRECISION = 1e-9;

export const withJslp: ProgramLibrary = (program, use) => use((goal) => solve(program, goal));

interface JslpModel {
  readonly optimize: string;
  readonly opType: "min";
  readonly constraints: Readonly<Record<string, { readonly max: number } | { readonly equal: number }>>;
  readonly variables: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Nothing here is to be relied on: the library answers `feasible` also when it gave up, so callers check what they get. */
function solve(program: LinearProgram, goal: ProgramGoal): ProgramSolution {
  const model = modelOf(program, goal);
  const solution = solver.Solve(model, PRECISION, true);
  if (!isSolution(solution)) return { kind: "unsolved", reason: "the solver's answer has an unknown shape" };
  if (!solution.feasible) return { kind: "unsolved", reason: "the solver finds no feasible point" };
  if (!solution.bounded) return { kind: "unsolved", reason: "the solver finds no bound" };
  const { solutionSet, evaluation: objective, _tableau: tableau } = solution;
  const values = Float64Array.from({ length: program.columnCount }, (_, column) => solutionSet[`c${column}`] ?? 0);
  const prices = new Float64Array(program.rowCount);
  let constraint = 0;
  for (const [row, lower] of program.lowers.entries()) {
    const slack = tableau.model.constraints[constraint]?.slack.index ?? -1;
    const column = tableau.colByVarIndex[slack] ?? -1;
    prices[row] = column < 0 ? 0 : Math.abs(tableau.matrix[column] ?? 0);
    // The library makes two constraints of an equality.
    constraint += lower === program.uppers[row] ? 2 : 1;
  }
  return { kind: "solved", objective, values, prices };
}

/** Rows are equalities or upper bounds: others are not needed. */
function modelOf({ columnCount, starts, rows, values, lowers, uppers }: LinearProgram, goal: ProgramGoal): JslpModel {
  const constraints: Record<string, { max: number } | { equal: number }> = {};
  for (const [row, upper] of uppers.entries())
    constraints[`r${row}`] = lowers[row] === upper ? { equal: upper } : { max: upper };
  const variables: Record<string, Record<string, number>> = {};
  for (let column = 0; column < columnCount; column += 1) {
    const entries: Record<string, number> = { cost: goal.costs[column] ?? 0 };
    for (let at = starts[column] ?? 0; at < (starts[column + 1] ?? 0); at += 1)
      entries[`r${rows[at]}`] = values[at] ?? 0;
    variables[`c${column}`] = entries;
  }
  const last = variables[`c${columnCount - 1}`];
  if (last && goal.lastMax < Infinity) {
    last.lastMax = 1;
    constraints.lastMax = { max: goal.lastMax };
  }
  return { optimize: "cost", opType: "min", constraints, variables };
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
