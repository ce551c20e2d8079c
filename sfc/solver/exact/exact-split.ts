/**
 * The optimal split by linear programming: first the smallest possible utilisation, then, giving up at most 1 % of it, the
 * least amount * delay. For networks that a library can do: see the decision 0012.
 */
import { flowsBy } from "../out-fractions.ts";
import { routedBy, type Split, type SplitAnswer, type SplitProblem } from "../split-problem.ts";
import { type Utilisation, utilisationOf } from "../utilisation.ts";
import type { Minimise, ProgramGoal, ProgramLibrary } from "./linear-program.ts";
import { routesOf } from "./route-columns.ts";
import { type ProgramUnits, type SplitProgram, splitProgram, variablesOf } from "./split-program.ts";
import { type HighsRuntime, withHighs } from "./with-highs.ts";
import { withJslp } from "./with-jslp.ts";

export interface ExactSplitOptions {
  /** Variables are the arcs of all layered graphs, and the links of free routes; above it the answer is `too-large`. */
  readonly variablesMax: number;
  /** Part of the optimum that may be given up for less delay. */
  readonly slack: number;
  /** Takes what is beyond javascript-lp-solver; without it nothing does. */
  readonly highs: HighsRuntime | undefined;
  /** Up to so many variables javascript-lp-solver is asked first, and beyond it only if there is no HiGHS. */
  readonly jslpVariablesMax: number;
  /** For each of HiGHS's two goals. */
  readonly secondsMax: number;
}

const exactSplitDefaults: ExactSplitOptions = {
  variablesMax: 2000,
  slack: 0.01,
  highs: undefined,
  jslpVariablesMax: 400,
  secondsMax: 60,
};

/** How far an answer of a library may be off before it is refused. */
const TOLERANCE = 1e-6;

export function exactSplit(problem: SplitProblem, options: Partial<ExactSplitOptions> = {}): SplitAnswer {
  const { variablesMax, slack, highs, jslpVariablesMax, secondsMax } = { ...exactSplitDefaults, ...options };
  const variables = variablesOf(problem);
  if (variables > variablesMax) return { kind: "too-large", variables, variablesMax };
  const libraries: ProgramLibrary[] = highs ? [withHighs(highs, { secondsMax })] : [];
  if (!highs || variables <= jslpVariablesMax) libraries.unshift(withJslp);
  const reasons: string[] = [];
  for (const library of libraries) {
    const answer = splitBy(library, problem, slack);
    if (answer.kind === "split") return answer;
    reasons.push(answer.reason);
  }
  return { kind: "failed", reason: reasons.join("; ") };
}

type Failed = Extract<SplitAnswer, { kind: "failed" }>;

/** What the library says is checked: it may be wrong, or have given up without saying so. */
function splitBy(library: ProgramLibrary, problem: SplitProblem, slack: number): Split | Failed {
  const units = unitsOf(problem);
  const layout = splitProgram(problem, units);
  return library(layout.program, (minimise): Split | Failed => {
    const best = pointAt(problem, layout, layout.utilisationGoal, minimise);
    if (best.kind === "failed") return best;
    const max = best.utilisation.max / units.utilisation;
    if (max > best.objective + TOLERANCE)
      return { kind: "failed", reason: `a utilisation of ${best.objective} is claimed, and the split has ${max}` };
    const resourceWeights = Float64Array.from(problem.resources, (resource, index) => {
      return (best.prices[index] ?? 0) / resource.capacity;
    });
    const utilisationMax = max * (1 + slack);
    const fast = pointAt(problem, layout, layout.delayGoal(utilisationMax), minimise);
    const chosen = isBetter(fast, best, utilisationMax * units.utilisation) ? fast : best;
    const { flows, routes } = chosen;
    return { kind: "split", flows, ...(routes && { routes }), iterations: 2, resourceWeights };
  });
}

/** What equal parts come to; 1 where that is nothing. */
function unitsOf(problem: SplitProblem): ProgramUnits {
  const flows = problem.graphs.map((graph) => flowsBy(graph, (_, leaving) => leaving.map(() => 1)));
  const { max, amountTimesDelay } = utilisationOf(problem, flows);
  return { utilisation: max || 1, amountTimesDelay: amountTimesDelay || 1 };
}

type Point = Pick<Split, "flows" | "routes"> & {
  readonly kind: "point";
  readonly utilisation: Utilisation;
  /** As the library claims. */
  readonly objective: number;
  readonly prices: Float64Array;
};

/** Takes only the proportions at each vertex from the library, so that flow is conserved exactly. */
function pointAt(problem: SplitProblem, layout: SplitProgram, goal: ProgramGoal, minimise: Minimise): Point | Failed {
  const solution = minimise(goal);
  if (solution.kind === "unsolved") return { kind: "failed", reason: solution.reason };
  const { values, objective, prices } = solution;
  const flows = problem.graphs.map((graph, chain) => {
    const first = layout.firstArcs[chain] ?? 0;
    return flowsBy(graph, (_, leaving) => leaving.map((arc) => Math.max(0, values[first + arc] ?? 0)));
  });
  const routes = routesOf(problem, layout, values, flows);
  const utilisation = utilisationOf(routedBy(problem, routes), flows);
  return { kind: "point", flows, ...(routes && { routes }), utilisation, objective, prices };
}

/** The second goal's answer only counts if what it promises holds. */
function isBetter(fast: Point | Failed, { utilisation: before }: Point, utilisationMax: number): fast is Point {
  if (fast.kind === "failed") return false;
  const { max, amountTimesDelay } = fast.utilisation;
  return max <= utilisationMax * (1 + TOLERANCE) && amountTimesDelay <= before.amountTimesDelay;
}
