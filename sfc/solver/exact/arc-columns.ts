/** The columns of arcs, and the rows of their vertices. */
import { vertexEntered } from "../../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../../core/graph/layered-graph.ts";
import type { RouteShare } from "../../../core/model/split-network.ts";
import type { SplitProblem } from "../split-problem.ts";
import type { ProgramColumns } from "./program-columns.ts";
import type { ProgramLayout } from "./split-program.ts";

/** Answers the first column of each chain. */
export function addArcColumns(columns: ProgramColumns, layout: ProgramLayout): readonly number[] {
  const { graphs } = layout.problem;
  const rows = graphs.map((graph) => vertexRows(graph, columns));
  const routes = routesByPair(layout.problem);
  return graphs.map((graph, chain) => {
    const first = columns.count;
    const own = rows[chain] ?? new Int32Array();
    for (const vertex of graph.vertices.keys())
      for (let arc = graph.starts[vertex] ?? 0; arc < (graph.starts[vertex + 1] ?? 0); arc += 1)
        addArc({ columns, layout, routes, graph, rows: own }, vertex, arc);
    return first;
  });
}

const NO_ROW = -1;

/** By vertex: its row, or NO_ROW for destinations, where everything may arrive. */
function vertexRows({ vertices, starts }: LayeredGraph, columns: ProgramColumns): Int32Array {
  return Int32Array.from(vertices, ({ share }, vertex) =>
    starts[vertex] === starts[vertex + 1] ? NO_ROW : columns.addRows(1, share, share),
  );
}

interface ArcContext {
  readonly columns: ProgramColumns;
  readonly layout: ProgramLayout;
  readonly routes: RoutesByPair;
  readonly graph: LayeredGraph;
  readonly rows: Int32Array;
}

function addArc({ columns, layout, routes, graph, rows }: ArcContext, vertex: number, arc: number): void {
  const { problem, units, flowUnit } = layout;
  const { resource, node: to } = vertexEntered(graph, arc);
  const from = graph.vertices[vertex]?.node ?? to;
  const amount = graph.amounts[vertex] ?? 0;
  const nodeRow = layout.nodeRow(to, from);
  const isOnGivenRoute = from !== to && nodeRow === undefined;
  const latencyMs = isOnGivenRoute ? (problem.underlay.routesTo(to).latencyMs[from] ?? 0) : 0;
  columns.begin((amount * latencyMs) / units.amountTimesDelay);
  const fill = (index: number, load: number) =>
    columns.add(index, load / ((problem.resources[index]?.capacity ?? 1) * units.utilisation));
  columns.add(rows[vertex] ?? NO_ROW, 1);
  const headRow = rows[graph.heads[arc] ?? 0] ?? NO_ROW;
  if (headRow !== NO_ROW) columns.add(headRow, -1);
  if (resource !== undefined) fill(resource, amount);
  if (nodeRow !== undefined) columns.add(nodeRow, -amount / flowUnit);
  if (isOnGivenRoute)
    for (const { link, share } of routes(from, to)) {
      const ofLink = problem.table.ofLink[link];
      if (ofLink !== undefined) fill(ofLink, amount * share);
    }
}

type RoutesByPair = (from: number, to: number) => readonly RouteShare[];

/** Arcs of many chains connect the same nodes. */
function routesByPair({ underlay }: SplitProblem): RoutesByPair {
  const known = new Map<number, readonly RouteShare[]>();
  return (from, to) => {
    const pair = to * underlay.columns.nodeCount + from;
    const route = known.get(pair) ?? underlay.routesTo(to).sharesFrom(from);
    known.set(pair, route);
    return route;
  };
}
