/**
 * One chain over one network as a graph of layers: its sources, then one layer for each function with that function's
 * instances, then its destinations. A way through the graph is a way of the traffic; an arc knows what it loads.
 */
import { Graph } from "@dagrejs/graphlib";
import { present } from "../model/invariant.ts";
import type { NetworkChain, NetworkInstance, SplitNetwork } from "../model/split-network.ts";
import { type LabelledGraph, withinLatency } from "./layered-graph-latency.ts";
import type { ResourceTable } from "./layered-graph-resources.ts";
import type { Underlay } from "./underlay.ts";

export interface LayeredGraph {
  readonly chain: NetworkChain;
  /** Layer by layer, so that every arc goes to a later vertex. */
  readonly vertices: readonly LayeredVertex[];
  readonly arcs: readonly LayeredArc[];
  /** Indices of the arcs that leave each vertex. */
  readonly leaving: readonly (readonly number[])[];
}

export interface LayeredVertex {
  /** 0 for sources, number of functions + 1 for destinations. */
  readonly layer: number;
  readonly name: string;
  /** The part of the demand that begins here; 0 after the first layer. */
  readonly share: number;
}

export interface LayeredArc {
  readonly from: number;
  readonly to: number;
  readonly latencyMs: number;
  /** What would pass if the chain's whole demand took this arc. */
  readonly amount: number;
  /** What that would load: every limited link of the route by its share, and the instance it enters. */
  readonly loads: readonly ArcLoad[];
}

export interface ArcLoad {
  /** Index into the resources. */
  readonly resource: number;
  readonly amount: number;
}

export type LayeredGraphResult =
  | { readonly kind: "layered"; readonly graph: LayeredGraph }
  /** From this source no way leads through all functions, or none within the chain's latency limit. */
  | { readonly kind: "unreachable"; readonly source: string };

export interface LayeredGraphContext {
  readonly network: SplitNetwork;
  readonly underlay: Underlay;
  readonly table: ResourceTable;
}

export function layeredGraph(chain: NetworkChain, context: LayeredGraphContext): LayeredGraphResult {
  const whole = wholeGraph(chain, context);
  const used = withinLatency(whole, chain);
  const cutOff = chain.sources.find((_, index) => !used.hasNode(key(0, index)));
  return cutOff ? { kind: "unreachable", source: cutOff.name } : { kind: "layered", graph: flattened(used, chain) };
}

function key(layer: number, index: number): string {
  return `${layer}/${index}`;
}

function wholeGraph(chain: NetworkChain, { network, underlay, table }: LayeredGraphContext): LabelledGraph {
  const graph: LabelledGraph = new Graph({ directed: true });
  const layers = layersOf(chain, network);
  for (const [layer, members] of layers.entries())
    for (const [index, { name, node, share }] of members.entries())
      graph.setNode(key(layer, index), { layer, name, node, share });
  let amount = chain.demand;
  for (const [layer, members] of layers.entries()) {
    const name = chain.functions[layer];
    for (const [next, entered] of (layers[layer + 1] ?? []).entries()) {
      const instance = name === undefined ? undefined : table.ofInstance.get(name)?.get(entered.name);
      for (const [index, { node }] of members.entries()) {
        const route = underlay.routeBetween(node, entered.node);
        if (!route) continue;
        const loads = route.shares.flatMap(({ link, share }) => loadOf(table.ofLink[link], amount * share));
        loads.push(...loadOf(instance, amount));
        graph.setEdge(key(layer, index), key(layer + 1, next), { latencyMs: route.latencyMs, amount, loads });
      }
    }
    amount *= chain.scaling[layer] ?? 1;
  }
  return graph;
}

interface LayerMember extends Pick<NetworkInstance, "name" | "node"> {
  readonly share: number;
}

function layersOf(chain: NetworkChain, network: SplitNetwork): readonly (readonly LayerMember[])[] {
  const inner = chain.functions.map((name) => present(network.functions.get(name), `function ${name}`));
  const later = [...inner, chain.destinations].map((members) =>
    members.map(({ name, node }) => ({ name, node, share: 0 })),
  );
  return [chain.sources, ...later];
}

function loadOf(resource: number | undefined, amount: number): ArcLoad[] {
  return resource === undefined ? [] : [{ resource, amount }];
}

function flattened(graph: LabelledGraph, chain: NetworkChain): LayeredGraph {
  const names = graph.nodes().toSorted((a, b) => graph.node(a).layer - graph.node(b).layer);
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const vertices = names.map((name): LayeredVertex => {
    const { node: _, ...vertex } = graph.node(name);
    return vertex;
  });
  const arcs = graph.edges().map(
    ({ v, w }): LayeredArc => ({
      from: present(indexOf.get(v), "vertex an arc leaves"),
      to: present(indexOf.get(w), "vertex an arc enters"),
      ...graph.edge(v, w),
    }),
  );
  const leaving: number[][] = vertices.map(() => []);
  for (const [index, { from }] of arcs.entries()) leaving[from]?.push(index);
  return { chain, vertices, arcs, leaving };
}
