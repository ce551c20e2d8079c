/** Arc flows as a list of whole ways through the chain, by name. */
import { arcsLeaving, vertexEntered } from "../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";

export interface Way {
  /** Part of the chain's demand, in (0, 1]. */
  readonly fraction: number;
  readonly source: string;
  /** One for each function of the chain. */
  readonly instances: readonly string[];
  readonly destination: string;
}

/** What rounding leaves over; no way is made of less. */
const NEGLIGIBLE = 1e-12;

/** At most one way for each arc: every way empties one. */
export function waysOf(graph: LayeredGraph, flows: Float64Array): readonly Way[] {
  const left = Float64Array.from(flows);
  const ways: Way[] = [];
  for (const [index, vertex] of graph.vertices.entries()) {
    if (vertex.layer > 0) break;
    for (let arcs = fullestWay(graph, left, index); arcs.length > 0; arcs = fullestWay(graph, left, index)) {
      const fraction = Math.min(...arcs.map((arc) => left[arc] ?? 0));
      for (const arc of arcs) left[arc] = (left[arc] ?? 0) - fraction;
      const names = arcs.map((arc) => vertexEntered(graph, arc).name);
      ways.push({ fraction, source: vertex.name, instances: names.slice(0, -1), destination: names.at(-1) ?? "" });
    }
  }
  return ways;
}

/** From the vertex on along the arc with most flow left, as far as the destination; empty when nothing is left. */
function fullestWay(graph: LayeredGraph, left: Float64Array, from: number): readonly number[] {
  const way: number[] = [];
  let vertex = from;
  for (let out = arcsLeaving(graph, vertex); out.length > 0; out = arcsLeaving(graph, vertex)) {
    const fullest = out.reduce((a, b) => ((left[b] ?? 0) > (left[a] ?? 0) ? b : a));
    if ((left[fullest] ?? 0) <= NEGLIGIBLE) return [];
    way.push(fullest);
    vertex = graph.heads[fullest] ?? vertex;
  }
  return way;
}
