/** Which vertices and arcs of a layered graph lie on a way from a source to a destination within a latency limit. */
import type { Underlay } from "./underlay.ts";

export interface LayerLatencies {
  /** Whether a way that keeps the limit passes the member. */
  isUsed(layer: number, index: number): boolean;
  /** The hops of the shortest way from a member of the first layer; empty where none leads. */
  shortestWay(index: number): readonly WayHop[];
  /** Whether such a way goes on from one member of `layer` to one of the next. */
  isWithin(layer: number, index: number, nextIndex: number): boolean;
}

export interface WayHop {
  /** Indices into the layer that the hop leaves and into the next. */
  readonly from: number;
  readonly to: number;
  readonly latencyMs: number;
}

type Layers = readonly (readonly { readonly node: number }[])[];

/** Time O(arcs). */
export function layerLatencies(layers: Layers, latencyMsMax: number, underlay: Underlay): LayerLatencies {
  const hops = layers.slice(1).map((entered, layer) => hopLatencies(layers[layer] ?? [], entered, underlay));
  const sizes = layers.map(({ length }) => length);
  const toEnd = latenciesToEnd(hops, sizes);
  const fromStart = latenciesFromStart(hops, sizes);
  const latencyOf = (layer: number, index: number, next: number) =>
    (hops[layer]?.[index * (sizes[layer + 1] ?? 0) + next] ?? Infinity) + at(toEnd, layer + 1, next);
  const isWithin = (layer: number, index: number, next: number) => {
    const latency = latencyOf(layer, index, next);
    if (latency === Infinity) return false;
    // The shortest way on from a member that is used stays, or rounding could leave the member without any.
    return at(fromStart, layer, index) + latency <= latencyMsMax || latency === at(toEnd, layer, index);
  };
  const used: Uint8Array[] = [Uint8Array.from(toEnd[0] ?? [], (latency) => flag(latency <= latencyMsMax))];
  for (const layer of hops.keys()) {
    const next = Uint8Array.from({ length: sizes[layer + 1] ?? 0 }, (_, position) =>
      flag((used[layer] ?? []).some((before, index) => before === 1 && isWithin(layer, index, position))),
    );
    used.push(next);
  }
  const isUsed = (layer: number, index: number) => used[layer]?.[index] === 1 && at(toEnd, layer, index) < Infinity;
  const shortestWay = (index: number) => {
    const way: WayHop[] = [];
    let from = index;
    for (const [layer, hop] of hops.entries()) {
      const next = sizes[layer + 1] ?? 0;
      const to = [...Array(next).keys()].find(
        (position) => latencyOf(layer, from, position) === at(toEnd, layer, from),
      );
      if (to === undefined || at(toEnd, layer, from) === Infinity) return [];
      way.push({ from, to, latencyMs: hop[from * next + to] ?? 0 });
      from = to;
    }
    return way;
  };
  return { isWithin, isUsed, shortestWay };
}

/** By member and next member, row by row. */
function hopLatencies(members: Layers[number], entered: Layers[number], underlay: Underlay): Float64Array {
  const latencies = new Float64Array(members.length * entered.length);
  for (const [position, { node: to }] of entered.entries()) {
    const { slowestMs } = underlay.routesTo(to);
    for (const [index, { node }] of members.entries())
      latencies[index * entered.length + position] = slowestMs[node] ?? Infinity;
  }
  return latencies;
}

function latenciesToEnd(hops: readonly Float64Array[], sizes: readonly number[]): readonly Float64Array[] {
  const latencies = sizes.map((size) => new Float64Array(size));
  for (const [layer, hop] of [...hops.entries()].reverse()) {
    const next = sizes[layer + 1] ?? 0;
    const own = latencies[layer]?.fill(Infinity) ?? new Float64Array();
    for (const [arc, latency] of hop.entries()) {
      const [index, position] = [Math.floor(arc / next), arc % next];
      own[index] = Math.min(own[index] ?? Infinity, latency + at(latencies, layer + 1, position));
    }
  }
  return latencies;
}

function latenciesFromStart(hops: readonly Float64Array[], sizes: readonly number[]): readonly Float64Array[] {
  const latencies = sizes.map((size, layer) => new Float64Array(size).fill(layer === 0 ? 0 : Infinity));
  for (const [layer, hop] of hops.entries()) {
    const next = sizes[layer + 1] ?? 0;
    const own = latencies[layer + 1] ?? new Float64Array();
    for (const [arc, latency] of hop.entries()) {
      const [index, position] = [Math.floor(arc / next), arc % next];
      own[position] = Math.min(own[position] ?? Infinity, at(latencies, layer, index) + latency);
    }
  }
  return latencies;
}

function flag(isSet: boolean): 0 | 1 {
  return isSet ? 1 : 0;
}

function at(table: readonly Float64Array[], layer: number, index: number): number {
  return table[layer]?.[index] ?? Infinity;
}
