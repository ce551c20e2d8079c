/**
 * The optimal split by linear programming: first the smallest possible utilisation, then, giving up at most 1 % of it, the
 * least amount * delay. For small networks; the library's dense tableau is hopeless beyond a few thousand variables.
 */
import type { LayeredGraph } from "../../../core/graph/layered-graph.ts";
import { flowsBy } from "../out-fractions.ts";
import type { ArcFlows, Split, SplitAnswer, SplitProblem } from "../split-problem.ts";
import { utilisationOf } from "../utilisation.ts";
import {
  arcVariable,
  delayProgram,
  type LinearProgram,
  type ProgramUnits,
  resourceConstraint,
  utilisationProgram,
} from "./linear-program.ts";
import { type ProgramSolution, solveProgram } from "./solve-program.ts";

export interface ExactSplitOptions {
  /** Variables are the arcs of all layered graphs; above it the answer is `too-large`. */
  readonly variablesMax: number;
  /** Part of the optimum that may be given up for less delay. */
  readonly slack: number;
}

export const exactSplitDefaults: ExactSplitOptions = { variablesMax: 1000, slack: 0.01 };

/** How far an answer of the library may be off before it is refused. */
const TOLERANCE = 1e-6;

export function exactSplit(problem: SplitProblem, options: Partial<ExactSplitOptions> = {}): SplitAnswer {
  const { variablesMax, slack } = { ...exactSplitDefaults, ...options };
  const variables = problem.graphs.reduce((sum, { arcs }) => sum + arcs.length, 0);
  if (variables > variablesMax) return { kind: "too-large", variables, variablesMax };
  const units = unitsOf(problem);
  const best = solvedFor(problem, utilisationProgram(problem, units));
  if (best.kind === "failed") return best;
  const max = utilisationOf(problem, best.flows).max / units.utilisation;
  if (max > best.objective + TOLERANCE)
    return { kind: "failed", reason: `the solver claims a utilisation of ${best.objective}, its split has ${max}` };
  const resourceWeights = weightsOf(problem, best.solution);
  const utilisationMax = max * (1 + slack);
  const fast = solvedFor(problem, delayProgram(problem, units, utilisationMax));
  const flows = isBetter(problem, fast, best.flows, utilisationMax * units.utilisation) ? fast.flows : best.flows;
  return { kind: "split", flows, iterations: 2, resourceWeights };
}

/** What equal parts come to; 1 where that is nothing. */
function unitsOf(problem: SplitProblem): ProgramUnits {
  const flows = problem.graphs.map((graph) => flowsBy(graph, (_, leaving) => leaving.map(() => 1)));
  const { max, amountTimesDelay } = utilisationOf(problem, flows);
  return { utilisation: max || 1, amountTimesDelay: amountTimesDelay || 1 };
}

type Solved = Pick<Split, "flows"> & {
  readonly kind: "solved";
  readonly objective: number;
  readonly solution: Extract<ProgramSolution, { kind: "solved" }>;
};
type Failed = Extract<SplitAnswer, { kind: "failed" }>;

function solvedFor(problem: SplitProblem, program: LinearProgram): Solved | Failed {
  const solution = solveProgram(program);
  if (solution.kind === "unsolved") return { kind: "failed", reason: solution.reason };
  const flows = problem.graphs.map((graph, chain) =>
    cleanFlows(graph, (arc) => solution.valueOf(arcVariable(chain, arc))),
  );
  return { kind: "solved", flows, objective: solution.objective, solution };
}

/** Takes only the proportions at each vertex from the library, so that flow is conserved exactly. */
function cleanFlows(graph: LayeredGraph, amountOn: (arc: number) => number): Float64Array {
  return flowsBy(graph, (_, leaving) => leaving.map((arc) => Math.max(0, amountOn(arc))));
}

/** The second program only counts if what it promises holds. */
function isBetter(
  problem: SplitProblem,
  fast: Solved | Failed,
  best: ArcFlows,
  utilisationMax: number,
): fast is Solved {
  if (fast.kind === "failed") return false;
  const [its, before] = [utilisationOf(problem, fast.flows), utilisationOf(problem, best)];
  return its.max <= utilisationMax * (1 + TOLERANCE) && its.amountTimesDelay <= before.amountTimesDelay;
}

function weightsOf({ resources }: SplitProblem, { priceOf }: Solved["solution"]): Float64Array {
  return Float64Array.from(resources, ({ capacity }, index) => priceOf(resourceConstraint(index)) / capacity);
}
