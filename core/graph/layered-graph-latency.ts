/** Takes out of a layered graph what no way from a source to a destination within the chain's latency limit needs. */
import { alg, type Edge, Graph } from "@dagrejs/graphlib";
import type { NetworkChain } from "../model/split-network.ts";

export interface VertexLabel {
  readonly layer: number;
  readonly name: string;
  readonly share: number;
  readonly node: string;
}

export interface ArcLabel {
  readonly latencyMs: number;
  readonly amount: number;
  readonly loads: readonly { readonly resource: number; readonly amount: number }[];
}

export type LabelledGraph = Graph<unknown, VertexLabel, ArcLabel>;

const START = "start";
const END = "end";

export function withinLatency(
  whole: LabelledGraph,
  { functions, latencyMsMax = Infinity }: NetworkChain,
): LabelledGraph {
  const last = functions.length + 1;
  const fromStart = latencies(whole, { end: START, layer: 0, edgesOf: (name) => whole.outEdges(name) ?? [] });
  const toEnd = latencies(whole, { end: END, layer: last, edgesOf: (name) => whole.inEdges(name) ?? [] });
  const within: LabelledGraph = new Graph({ directed: true });
  for (const { v, w } of whole.edges()) {
    const label = whole.edge(v, w);
    const latencyMs = (fromStart.get(v) ?? Infinity) + label.latencyMs + (toEnd.get(w) ?? Infinity);
    if (latencyMs === Infinity || latencyMs > latencyMsMax) continue;
    for (const name of [v, w]) within.setNode(name, whole.node(name));
    within.setEdge(v, w, label);
  }
  return within;
}

interface Search {
  readonly end: string;
  readonly layer: number;
  readonly edgesOf: (name: string) => Edge[];
}

/** The shortest latency of each vertex from, or to, any vertex of one layer. */
function latencies(graph: LabelledGraph, { end, layer, edgesOf }: Search): ReadonlyMap<string, number> {
  const ends = graph.nodes().filter((name) => graph.node(name).layer === layer);
  const fromEnd = ends.map((name): Edge => ({ v: end, w: name }));
  const searched = new Graph({ directed: true }).setNodes([end, ...graph.nodes()]);
  const found = alg.dijkstra(
    searched,
    end,
    ({ v, w }) => (v === end ? 0 : graph.edge(v, w).latencyMs),
    (name) => (name === end ? fromEnd : edgesOf(name)),
  );
  return new Map(Object.entries(found).map(([name, { distance }]) => [name, distance]));
}
