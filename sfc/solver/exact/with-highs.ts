/** HiGHS in WebAssembly: sparse, revised simplex. */
import runtime, { type Highs, type Model, type ModelData } from "highs";
import { messageOf } from "../../../core/model/weft-error.ts";
import type { LinearProgram, ProgramGoal, ProgramLibrary, ProgramSolution } from "./linear-program.ts";

/** HiGHS ready to solve. */
export type HighsRuntime = Highs;

/** The package declares its types for CommonJS; what Node imports is the loader itself. */
const load = runtime as unknown as () => Promise<Highs>;

/** Compiles it, which takes a moment and is done once; solving then is synchronous. */
export function loadHighs(): Promise<HighsRuntime> {
  return load();
}

export interface HighsLimits {
  /** For one goal, by HiGHS's own clock. */
  readonly secondsMax: number;
}

/** Finer than the defaults of 1e-7, which show in the sixth digit of a certificate. */
const TOLERANCE = 1e-9;
const SMALL_MATRIX_VALUE = 1e-12;

export function withHighs(highs: HighsRuntime, { secondsMax }: HighsLimits): ProgramLibrary {
  return (program, use) => {
    const minimiseNothing = (reason: string) => use(() => ({ kind: "unsolved", reason }));
    let model: Model;
    try {
      model = highs.createModel(modelOf(program, highs));
    } catch (error) {
      return minimiseNothing(messageOf(error));
    }
    try {
      return use((goal) => solve(model, { program, goal, secondsMax }));
    } finally {
      disposeOf(model);
    }
  };
}

interface Order {
  readonly program: LinearProgram;
  readonly goal: ProgramGoal;
  readonly secondsMax: number;
}

/** Its failures are answers: whoever asked can ask another solver. */
function solve(model: Model, { program, goal, secondsMax }: Order): ProgramSolution {
  try {
    const { columnCount } = program;
    model.options.set("output_flag", false);
    model.options.set("small_matrix_value", SMALL_MATRIX_VALUE);
    model.options.set("primal_feasibility_tolerance", TOLERANCE);
    model.options.set("dual_feasibility_tolerance", TOLERANCE);
    // The clock is the model's, and adds up over its goals.
    model.options.set("time_limit", model.getRunTime() + secondsMax);
    model.changeColsCost({ kind: "range", from: 0, to: columnCount - 1 }, goal.costs);
    model.changeColBounds(columnCount - 1, 0, goal.lastMax);
    const { modelStatus } = model.run();
    if (modelStatus !== OPTIMAL)
      return { kind: "unsolved", reason: `HiGHS ends with ${statusNames[modelStatus] ?? modelStatus}` };
    const { colValue: values, rowDual } = model.getSolution();
    return { kind: "solved", objective: model.getObjectiveValue(), values, prices: rowDual.map(Math.abs) };
  } catch (error) {
    return { kind: "unsolved", reason: `HiGHS fails: ${messageOf(error)}` };
  }
}

const OPTIMAL = 7;
/** Those that a program of this kind can end with. */
const statusNames: Readonly<Record<number, string>> = { 4: "an error", 8: "no feasible point", 13: "its time used up" };

function modelOf(program: LinearProgram, { infinity }: HighsRuntime): ModelData {
  const { columnCount: numCols, rowCount: numRows, starts, rows: indices, values, lowers, uppers } = program;
  return {
    numCols,
    numRows,
    colCost: new Float64Array(numCols),
    colLower: new Float64Array(numCols),
    colUpper: new Float64Array(numCols).fill(infinity),
    rowLower: lowers,
    rowUpper: uppers,
    matrix: { format: "csc", numRows, numCols, starts, indices, values },
  };
}

/** After a crash inside WebAssembly even this may fail, and there is nothing left to give back. */
function disposeOf(model: Model): void {
  try {
    model.dispose();
  } catch {
    // Nothing can be done.
  }
}
