/** A split problem in columns, for loops that look at every arc many times and allocate nothing. */
import { CheapestWays } from "../../../core/graph/cheapest-ways.ts";
import type { LinkColumns } from "../../../core/graph/downhill.ts";
import type { LayeredGraph } from "../../../core/graph/layered-graph.ts";
import type { RoutesTo } from "../../../core/graph/routes-to.ts";
import { present } from "../../../core/model/invariant.ts";
import type { SplitProblem } from "../split-problem.ts";
import { FreeRoutes } from "./free-routes.ts";

/** Vertices and arcs are numbered through all chains, in the order of their layered graphs. */
export interface FlowProgram {
  readonly chainCount: number;
  /** Chain k has the vertices `vertexStarts[k]` to `vertexStarts[k + 1] - 1`, layer by layer. */
  readonly vertexStarts: Int32Array;
  /** Vertex v is left by the arcs `arcStarts[v]` to `arcStarts[v + 1] - 1`; a destination by none. */
  readonly arcStarts: Int32Array;
  /** By chain. */
  readonly demands: Float64Array;
  /** By vertex: the part of its chain's demand that begins there. */
  readonly shares: Float64Array;
  /** By vertex: what leaves it for one byte of demand, if all passes there. */
  readonly factors: Float64Array;
  /** By vertex: the resource that is filled by entering it, or NONE. */
  readonly entered: Int32Array;
  /** By arc: the vertices it leaves and enters. */
  readonly tails: Int32Array;
  readonly heads: Int32Array;
  /** By arc: which pair of nodes it connects; arcs of many chains connect the same. */
  readonly pairs: Int32Array;
  /** Pair `d * nodeCount + n` leads from node n to the node of `destinations[d]`. */
  readonly nodeCount: number;
  readonly destinations: readonly RoutesTo[];
  /** The same, where routes are free; empty where they are given. */
  readonly freeRoutes: readonly FreeRoutes[];
  readonly columns: LinkColumns;
  /** By link: its resource, or NONE. */
  readonly ofLink: Int32Array;
  /** By resource. */
  readonly capacities: Float64Array;
}

export const NONE = -1;

/** Time and space O(arcs). */
export function flowProgramOf({ network, graphs, resources, underlay, table }: SplitProblem): FlowProgram {
  const vertexCount = graphs.reduce((sum, { vertices }) => sum + vertices.length, 0);
  const arcCount = graphs.reduce((sum, { heads }) => sum + heads.length, 0);
  const nodeCount = underlay.columns.nodeCount;
  const columns = {
    vertexStarts: new Int32Array(graphs.length + 1),
    arcStarts: new Int32Array(vertexCount + 1),
    shares: new Float64Array(vertexCount),
    factors: new Float64Array(vertexCount),
    entered: new Int32Array(vertexCount),
    tails: new Int32Array(arcCount),
    heads: new Int32Array(arcCount),
    pairs: new Int32Array(arcCount),
  };
  const slots = new Map<number, number>();
  const slotOf = (node: number) => {
    const slot = slots.get(node) ?? slots.size;
    slots.set(node, slot);
    return slot;
  };
  let [vertex, arc] = [0, 0];
  for (const [chain, graph] of graphs.entries()) {
    const first = vertex;
    const factors = factorsOf(graph);
    for (const [index, { layer, share, node, resource = NONE }] of graph.vertices.entries()) {
      columns.shares[vertex] = share;
      columns.factors[vertex] = factors[layer] ?? 0;
      columns.entered[vertex] = resource;
      for (let own = graph.starts[index] ?? 0; own < (graph.starts[index + 1] ?? 0); own += 1) {
        const to = graph.heads[own] ?? 0;
        columns.tails[arc] = vertex;
        columns.heads[arc] = first + to;
        columns.pairs[arc] = slotOf(present(graph.vertices[to], "vertex").node) * nodeCount + node;
        arc += 1;
      }
      vertex += 1;
      columns.arcStarts[vertex] = arc;
    }
    columns.vertexStarts[chain + 1] = vertex;
  }
  const isFree = network.routing.kind === "free";
  const search = new CheapestWays(underlay.columns);
  const freeRoutes = isFree ? [...slots.keys()].map((node) => new FreeRoutes(node, underlay.columns, search)) : [];
  return {
    ...columns,
    chainCount: graphs.length,
    demands: Float64Array.from(graphs, (graph) => graph.chain.demand),
    nodeCount,
    destinations: isFree ? freeRoutes : [...slots.keys()].map((node) => underlay.routesTo(node)),
    freeRoutes,
    columns: underlay.columns,
    ofLink: Int32Array.from(table.ofLink, (resource) => resource ?? NONE),
    capacities: Float64Array.from(resources, ({ capacity }) => capacity),
  };
}

/** By layer. */
function factorsOf({ chain }: LayeredGraph): readonly number[] {
  const factors = [1];
  for (const scaling of chain.scaling) factors.push((factors.at(-1) ?? 1) * scaling);
  return factors;
}
