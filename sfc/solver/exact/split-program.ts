/**
 * The split as a linear program. Columns: for each arc of each chain the part x of the demand that takes it; where routes are
 * free, for each destination and link what flows there; last t, the largest utilisation. Rows: for each resource
 *
 *   load - t * capacity <= 0,
 *
 * for each vertex what leaves it is what arrives or begins there, and where routes are free the same for each destination and
 * node. Libraries' precision is absolute, so everything is in units in which answers are near 1.
 */
import type { SplitProblem } from "../split-problem.ts";
import { addArcColumns } from "./arc-columns.ts";
import type { LinearProgram, ProgramGoal } from "./linear-program.ts";
import { ProgramColumns } from "./program-columns.ts";
import { addRouteColumns, freeDestinations } from "./route-columns.ts";

export interface ProgramUnits {
  /** What t is counted in. */
  readonly utilisation: number;
  /** What the second goal is counted in. */
  readonly amountTimesDelay: number;
}

export interface SplitProgram {
  readonly program: LinearProgram;
  /** The least t. */
  readonly utilisationGoal: ProgramGoal;
  /** The least amount * delay, with t at most this, in units. */
  delayGoal(utilisationMax: number): ProgramGoal;
  /** By chain: the column of its first arc. */
  readonly firstArcs: readonly number[];
  /** The nodes that free routes lead to; each has a column for each link, from `firstFlow` on. */
  readonly destinations: readonly number[];
  readonly firstFlow: number;
}

/** Columns but for t: what a program's size is measured in. */
export function variablesOf(problem: SplitProblem): number {
  const arcs = problem.graphs.reduce((sum, { heads }) => sum + heads.length, 0);
  return arcs + freeDestinations(problem).length * problem.network.links.length;
}

export function splitProgram(problem: SplitProblem, units: ProgramUnits): SplitProgram {
  const { graphs, resources, underlay } = problem;
  const columns = new ProgramColumns();
  const destinations = freeDestinations(problem);
  const { nodeCount } = underlay.columns;
  columns.addRows(resources.length, -Infinity, 0);
  const firstNodeRow = columns.addRows(destinations.length * nodeCount, 0, 0);
  const slots = new Map(destinations.map((node, slot) => [node, slot]));
  const nodeRow = (destination: number, node: number) => {
    const slot = slots.get(destination);
    return slot === undefined || node === destination ? undefined : firstNodeRow + slot * nodeCount + node;
  };
  const flowUnit = graphs.reduce((most, { amounts }) => amounts.reduce((a, b) => Math.max(a, b), most), 0) || 1;
  const layout = { problem, units, flowUnit, nodeRow };
  const firstArcs = addArcColumns(columns, layout);
  const firstFlow = columns.count;
  addRouteColumns(columns, layout, destinations);
  columns.begin(0);
  for (const resource of resources.keys()) columns.add(resource, -1);
  const { costs } = columns;
  const utilisationGoal = { costs: new Float64Array(columns.count).with(-1, 1), lastMax: Infinity };
  const delayGoal = (lastMax: number) => ({ costs, lastMax });
  return { program: columns.program(), utilisationGoal, delayGoal, firstArcs, destinations, firstFlow };
}

/** What the columns have in common. */
export interface ProgramLayout {
  readonly problem: SplitProblem;
  readonly units: ProgramUnits;
  /** What flows of free routes are counted in. */
  readonly flowUnit: number;
  /** Of what flows to a destination: the row of a node on the way. Undefined where routes are given, and at the destination. */
  nodeRow(destination: number, node: number): number | undefined;
}
