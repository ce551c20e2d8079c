/**
 * One chain over one network as a graph of layers: its sources, then one layer for each function with that function's
 * instances, then its destinations. A way through the graph is a way of the traffic; an arc knows what it loads.
 */
import { present } from "../model/invariant.ts";
import type { NetworkChain, SplitNetwork } from "../model/split-network.ts";
import { layerLatencies } from "./layered-graph-latency.ts";
import type { ResourceTable } from "./layered-graph-resources.ts";
import type { Underlay } from "./underlay.ts";

export interface LayeredGraph {
  readonly chain: NetworkChain;
  /** Layer by layer, so that every arc goes to a later vertex. */
  readonly vertices: readonly LayeredVertex[];
  /** Those that leave one vertex stand together, in the order of vertices. */
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
  /** Index in the underlay. */
  readonly node: number;
  /** What it fills up when it is entered, as an index into the resources; undefined where unlimited. */
  readonly resource: number | undefined;
}

export interface LayeredArc {
  readonly from: number;
  readonly to: number;
  readonly latencyMs: number;
  /** What would pass if the chain's whole demand took this arc. */
  readonly amount: number;
  /** What that would load: every limited link of the route by its share, and the instance it enters. Made when asked for. */
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
  const layers = layersOf(chain, context);
  const { isUsed, isWithin } = layerLatencies(layers, chain.latencyMsMax ?? Infinity, context.underlay);
  const cutOff = chain.sources.find((_, index) => !isUsed(0, index));
  if (cutOff) return { kind: "unreachable", source: cutOff.name };
  const used = layers.map((members, layer) => [...members.keys()].filter((index) => isUsed(layer, index)));
  const vertices = layers.flatMap((members, layer) => members.filter((_, index) => isUsed(layer, index)));
  const arcs: LayeredArc[] = [];
  const leaving: number[][] = [];
  let amount = chain.demand;
  for (const [layer, indices] of used.entries()) {
    const hop: Hop = { amount, vertices, context };
    const next = leaving.length + indices.length;
    for (const index of indices) {
      const out: number[] = [];
      for (const [position, nextIndex] of (used[layer + 1] ?? []).entries())
        if (isWithin(layer, index, nextIndex))
          out.push(arcs.push(new HopArc(hop, leaving.length, next + position)) - 1);
      leaving.push(out);
    }
    amount *= chain.scaling[layer] ?? 1;
  }
  return { kind: "layered", graph: { chain, vertices, arcs, leaving } };
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

/** What the arcs between two layers have in common. */
interface Hop {
  readonly amount: number;
  readonly vertices: readonly LayeredVertex[];
  readonly context: LayeredGraphContext;
}

/** Holds no more than it must: there may be a million of them. */
class HopArc implements LayeredArc {
  readonly from: number;
  readonly to: number;
  readonly #hop: Hop;

  constructor(hop: Hop, from: number, to: number) {
    this.#hop = hop;
    this.from = from;
    this.to = to;
  }

  get amount(): number {
    return this.#hop.amount;
  }

  get latencyMs(): number {
    const [from, to] = this.#ends();
    return present(this.#hop.context.underlay.downhillTo(to.node).latencyMs[from.node], "latency of an arc");
  }

  get loads(): readonly ArcLoad[] {
    const { amount, context } = this.#hop;
    const { underlay, network, table } = context;
    const [from, to] = this.#ends();
    const nodeAt = (index: number) => present(network.nodes[index], "node");
    const route = present(underlay.routeBetween(nodeAt(from.node), nodeAt(to.node)), "route of an arc");
    const loads = route.shares.flatMap(({ link, share }) => loadOf(table.ofLink[link], amount * share));
    return [...loads, ...loadOf(to.resource, amount)];
  }

  #ends(): readonly [from: LayeredVertex, to: LayeredVertex] {
    const { vertices } = this.#hop;
    return [present(vertices[this.from], "vertex"), present(vertices[this.to], "vertex")];
  }
}

function loadOf(resource: number | undefined, amount: number): ArcLoad[] {
  return resource === undefined ? [] : [{ resource, amount }];
}
