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

/**
 * The library's precision is absolute, so programs are in units in which answers are near 1: utilisations and delays are
 * divided by what a plain split of the same problem comes to.
 */
export interface ProgramUnits {
  readonly utilisation: number;
  readonly amountTimesDelay: number;
}

/** Minimise t, such that every resource's load is at most t times its capacity. */
export function utilisationProgram(problem: SplitProblem, units: ProgramUnits): LinearProgram {
  const program = programOf(problem, { optimize: UTILISATION, utilisationMax: 0, units });
  program.variables.t = { [UTILISATION]: 1 };
  for (const index of problem.resources.keys()) program.variables.t[resourceConstraint(index)] = -1;
  return program;
}

/** Minimise amount * delay, such that no resource is fuller than `utilisationMax`, which is in the units. */
export function delayProgram(problem: SplitProblem, units: ProgramUnits, utilisationMax: number): LinearProgram {
  return programOf(problem, { optimize: DELAY, utilisationMax, units });
}

interface ProgramKind {
  readonly optimize: string;
  readonly utilisationMax: number;
  readonly units: ProgramUnits;
}

function programOf(problem: SplitProblem, { optimize, utilisationMax, units }: ProgramKind): LinearProgram {
  const program: LinearProgram = { optimize, opType: "min", constraints: {}, variables: {} };
  for (const index of problem.resources.keys())
    program.constraints[resourceConstraint(index)] = { max: utilisationMax };
  for (const [chain, { vertices, arcs, leaving }] of problem.graphs.entries()) {
    for (const [vertex, { share }] of vertices.entries())
      if (leaving[vertex]?.length) program.constraints[`v${chain}_${vertex}`] = { equal: share };
    for (const [index, { from, to, amount, latencyMs, loads }] of arcs.entries()) {
      const column: Record<string, number> = { [`v${chain}_${from}`]: 1 };
      if (leaving[to]?.length) column[`v${chain}_${to}`] = -1;
      if (optimize === DELAY) column[DELAY] = (amount * latencyMs) / units.amountTimesDelay;
      for (const { resource, amount: load } of loads) {
        const key = resourceConstraint(resource);
        const full = (problem.resources[resource]?.capacity ?? 1) * units.utilisation;
        column[key] = (column[key] ?? 0) + load / full;
      }
      program.variables[arcVariable(chain, index)] = column;
    }
  }
  return program;
}
