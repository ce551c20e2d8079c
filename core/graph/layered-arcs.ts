/** What the arcs of a layered graph mean in the network. */
import { present } from "../model/invariant.ts";
import type { LayeredGraph, LayeredVertex } from "./layered-graph.ts";
import type { ResourceTable } from "./layered-graph-resources.ts";
import type { Underlay } from "./underlay.ts";

export interface ArcLoad {
  /** Index into the resources. */
  readonly resource: number;
  readonly amount: number;
}

/** The arcs that leave a vertex. */
export function arcsLeaving({ starts }: LayeredGraph, vertex: number): readonly number[] {
  const arcs: number[] = [];
  for (let arc = starts[vertex] ?? 0; arc < (starts[vertex + 1] ?? 0); arc += 1) arcs.push(arc);
  return arcs;
}

export function vertexEntered({ vertices, heads }: LayeredGraph, arc: number): LayeredVertex {
  return present(vertices[heads[arc] ?? -1], "vertex of an arc");
}

/** Mean latency of the route from a vertex to the one that the arc enters. */
export function arcLatencyMs(graph: LayeredGraph, from: number, arc: number, underlay: Underlay): number {
  return at(underlay.routesTo(vertexEntered(graph, arc).node).latencyMs, graph, from);
}

/** Of the slowest way of that route. */
export function arcSlowestMs(graph: LayeredGraph, from: number, arc: number, underlay: Underlay): number {
  return at(underlay.routesTo(vertexEntered(graph, arc).node).slowestMs, graph, from);
}

function at(latencies: Float64Array, { vertices }: LayeredGraph, vertex: number): number {
  return present(latencies[present(vertices[vertex], "vertex").node], "latency of an arc");
}

/** What the whole demand would load if it took the arc from this vertex: every limited link by its share, and what it enters. */
export function arcLoads(graph: LayeredGraph, from: number, arc: number, network: Overlaid): readonly ArcLoad[] {
  const amount = graph.amounts[from] ?? 0;
  const { node } = present(graph.vertices[from], "vertex");
  const entered = vertexEntered(graph, arc);
  const shares = node === entered.node ? [] : network.underlay.routesTo(entered.node).sharesFrom(node);
  const loads = shares.flatMap(({ link, share }) => loadOf(network.table.ofLink[link], amount * share));
  return [...loads, ...loadOf(entered.resource, amount)];
}

export interface Overlaid {
  readonly underlay: Underlay;
  readonly table: ResourceTable;
}

function loadOf(resource: number | undefined, amount: number): ArcLoad[] {
  return resource === undefined ? [] : [{ resource, amount }];
}
