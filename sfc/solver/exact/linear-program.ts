/** The split as a linear program, in the form that javascript-lp-solver takes. */
import type { SplitProblem } from "../split-problem.ts";

export interface LinearProgram {
  readonly optimize: string;
  readonly opType: "min";
  readonly constraints: Record<string, Bound>;
  readonly variables: Record<string, Record<string, number>>;
}

type Bound = { readonly max: number } | { readonly equal: number };

const UTILISATION = "utilisation";
const DELAY = "delay";

export function arcVariable(chain: number, arc: number): string {
  return `x${chain}_${arc}`;
}

export function resourceConstraint(resource: number): string {
  return `r${resource}`;
}

/** Minimise t, such that every resource's load is at most t times its capacity. */
export function utilisationProgram(problem: SplitProblem): LinearProgram {
  const program = programOf(problem, UTILISATION, 0);
  program.variables.t = { [UTILISATION]: 1 };
  for (const index of problem.resources.keys()) program.variables.t[resourceConstraint(index)] = -1;
  return program;
}

/** Minimise amount * delay, such that no resource is fuller than `utilisationMax`. */
export function delayProgram(problem: SplitProblem, utilisationMax: number): LinearProgram {
  return programOf(problem, DELAY, utilisationMax);
}

function programOf(problem: SplitProblem, optimize: string, utilisationMax: number): LinearProgram {
  const program: LinearProgram = { optimize, opType: "min", constraints: {}, variables: {} };
  for (const index of problem.resources.keys())
    program.constraints[resourceConstraint(index)] = { max: utilisationMax };
  for (const [chain, { vertices, arcs, leaving }] of problem.graphs.entries()) {
    for (const [vertex, { share }] of vertices.entries())
      if (leaving[vertex]?.length) program.constraints[`v${chain}_${vertex}`] = { equal: share };
    for (const [index, { from, to, amount, latencyMs, loads }] of arcs.entries()) {
      const column: Record<string, number> = { [`v${chain}_${from}`]: 1 };
      if (leaving[to]?.length) column[`v${chain}_${to}`] = -1;
      if (optimize === DELAY) column[DELAY] = amount * latencyMs;
      for (const { resource, amount: load } of loads) {
        const key = resourceConstraint(resource);
        column[key] = (column[key] ?? 0) + load / (problem.resources[resource]?.capacity ?? 1);
      }
      program.variables[arcVariable(chain, index)] = column;
    }
  }
  return program;
}
