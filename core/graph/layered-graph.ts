/**
 * One chain over one network as a graph of layers: its sources, then one layer for each function with that function's
 * instances, then its destinations. A way through the graph is a way of the traffic; an arc knows what it loads.
 */
import { present } from "../model/invariant.ts";
import type { NetworkChain, SplitNetwork } from "../model/split-network.ts";
import { layerLatencies } from "./layered-graph-latency.ts";
import type { ResourceTable } from "./layered-graph-resources.ts";
import type { Underlay } from "./underlay.ts";

/** Arcs are numbers, since there may be a million of them; all tables that speak of arcs are in their order. */
export interface LayeredGraph {
  readonly chain: NetworkChain;
  /** Layer by layer, so that every arc goes to a later vertex. */
  readonly vertices: readonly LayeredVertex[];
  /** Vertex v is left by the arcs `starts[v]` to `starts[v + 1] - 1`; a destination by none. */
  readonly starts: Int32Array;
  /** By arc: the vertex it enters. */
  readonly heads: Int32Array;
  /** By vertex: what leaves it if the chain's whole demand passes there. */
  readonly amounts: Float64Array;
}

export interface LayeredVertex {
  /** 0 for sources, number of functions + 1 for destinations. */
  readonly layer: number;
  readonly name: string;
  /** The part of the demand that begins here; 0 after the first layer. */
  readonly share: number;
  /** Index in the underlay. */
  readonly node: number;
  /** What it fills up when it is entered, as an index into the resources; undefined where unlimited. */
  readonly resource: number | undefined;
}

export type LayeredGraphResult = { readonly kind: "layered"; readonly graph: LayeredGraph } | Unreachable;

/** From this source no way leads through all functions, or none within the chain's latency limit. */
export interface Unreachable {
  readonly kind: "unreachable";
  readonly source: string;
  /** The hops of the shortest way there is; empty where there is none at all. */
  readonly shortestWay: readonly NamedHop[];
}

export interface NamedHop {
  readonly from: string;
  readonly to: string;
  readonly latencyMs: number;
}

export interface LayeredGraphContext {
  readonly network: SplitNetwork;
  readonly underlay: Underlay;
  readonly table: ResourceTable;
}

export function layeredGraph(chain: NetworkChain, context: LayeredGraphContext): LayeredGraphResult {
  const layers = layersOf(chain, context);
  const limits = layerLatencies(layers, chain.latencyMsMax ?? Infinity, context.underlay);
  const cutOff = chain.sources.findIndex((_, index) => !limits.isUsed(0, index));
  const source = chain.sources[cutOff];
  if (source) {
    const nameAt = (layer: number, index: number) => present(layers[layer]?.[index], "member of a layer").name;
    const shortestWay = limits.shortestWay(cutOff).map(({ from, to, latencyMs }, layer) => {
      return { from: nameAt(layer, from), to: nameAt(layer + 1, to), latencyMs };
    });
    return { kind: "unreachable", source: source.name, shortestWay };
  }
  const used = layers.map((members, layer) => [...members.keys()].filter((index) => limits.isUsed(layer, index)));
  const vertices = layers.flatMap((members, layer) => members.filter((_, index) => limits.isUsed(layer, index)));
  const amounts = new Float64Array(vertices.length);
  const starts = new Int32Array(vertices.length + 1);
  const room = used.reduce((sum, indices, layer) => sum + indices.length * (used[layer + 1]?.length ?? 0), 0);
  const heads = new Int32Array(room);
  let amount = chain.demand;
  let [vertex, arc] = [0, 0];
  for (const [layer, indices] of used.entries()) {
    const next = vertex + indices.length;
    for (const index of indices) {
      for (const [position, nextIndex] of (used[layer + 1] ?? []).entries()) {
        if (!limits.isWithin(layer, index, nextIndex)) continue;
        heads[arc] = next + position;
        arc += 1;
      }
      amounts[vertex] = amount;
      vertex += 1;
      starts[vertex] = arc;
    }
    amount *= chain.scaling[layer] ?? 1;
  }
  return { kind: "layered", graph: { chain, vertices, starts, heads: heads.slice(0, arc), amounts } };
}

function layersOf(
  { sources, functions, destinations }: NetworkChain,
  { network, table, underlay }: LayeredGraphContext,
): readonly (readonly LayeredVertex[])[] {
  const first = sources.map(({ name, node, share }): LayeredVertex => {
    return { layer: 0, name, share, node: underlay.indexOf(node), resource: undefined };
  });
  const inner = functions.map((ofFunction, position) =>
    present(network.functions.get(ofFunction), `function ${ofFunction}`).map(({ name, node }): LayeredVertex => {
      const resource = table.ofInstance.get(ofFunction)?.get(name);
      return { layer: position + 1, name, share: 0, node: underlay.indexOf(node), resource };
    }),
  );
  const last = destinations.map(({ name, node }): LayeredVertex => {
    return { layer: functions.length + 1, name, share: 0, node: underlay.indexOf(node), resource: undefined };
  });
  return [first, ...inner, last];
}
