/** The columns of free routes: what flows to each destination on each link, whichever chain it belongs to. */

import { flowRoutes } from "../../../core/graph/flow-routes.ts";
import type { NetworkRoute } from "../../../core/model/split-network.ts";
import { pairsInUse } from "../routes-in-use.ts";
import type { ArcFlows, SplitProblem } from "../split-problem.ts";
import type { ProgramColumns } from "./program-columns.ts";
import type { ProgramLayout, SplitProgram } from "./split-program.ts";

/** The nodes that some arc leads to from another one; none where routes are given. */
export function freeDestinations({ network, graphs }: SplitProblem): readonly number[] {
  if (network.routing.kind !== "free") return [];
  const destinations = new Set<number>();
  for (const { vertices, starts, heads } of graphs)
    for (const [vertex, { node }] of vertices.entries())
      for (let arc = starts[vertex] ?? 0; arc < (starts[vertex + 1] ?? 0); arc += 1) {
        const to = vertices[heads[arc] ?? 0]?.node ?? node;
        if (to !== node) destinations.add(to);
      }
  return [...destinations];
}

export function addRouteColumns(columns: ProgramColumns, layout: ProgramLayout, destinations: readonly number[]): void {
  const { problem, units, flowUnit } = layout;
  const { from, to, latencyMs } = problem.underlay.columns;
  for (const destination of destinations)
    for (const link of problem.network.links.keys()) {
      columns.begin((flowUnit * (latencyMs[link] ?? 0)) / units.amountTimesDelay);
      const [tail, head] = [from[link] ?? 0, to[link] ?? 0];
      // What has arrived does not leave again: such a link's column stays empty.
      const tailRow = layout.nodeRow(destination, tail);
      if (tailRow === undefined) continue;
      columns.add(tailRow, 1);
      const headRow = layout.nodeRow(destination, head);
      if (headRow !== undefined) columns.add(headRow, -1);
      const resource = problem.table.ofLink[link];
      if (resource === undefined) continue;
      columns.add(resource, flowUnit / ((problem.resources[resource]?.capacity ?? 1) * units.utilisation));
    }
}

/** The routes that the program's values are, for the pairs of nodes that the flows use. */
export function routesOf(
  problem: SplitProblem,
  { destinations, firstFlow }: SplitProgram,
  values: Float64Array,
  flows: ArcFlows,
): readonly NetworkRoute[] | undefined {
  if (problem.network.routing.kind !== "free") return undefined;
  const pairs = Map.groupBy(pairsInUse(problem.graphs, flows), ({ to }) => to);
  const linkCount = problem.network.links.length;
  return destinations.flatMap((to, slot) => {
    const first = firstFlow + slot * linkCount;
    const linkFlows = values.subarray(first, first + linkCount);
    const origins = (pairs.get(to) ?? []).map(({ from }) => from);
    return flowRoutes(problem.underlay.columns, problem.network.nodes, {
      to,
      linkFlows,
      origins,
    });
  });
}
