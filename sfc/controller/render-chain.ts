/** A chain's part of a split as the hops of a path, and the hops of a path as flows again. */
import { vertexEntered } from "../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import type { HopWeight, PathHop } from "../../core/model/chain.ts";
import { present } from "../../core/model/invariant.ts";
import { flowsBy } from "../solver/out-fractions.ts";

/** `functions` are the names in order, `weights` one list for each of them and one for the destination. */
export function hopsOf(functions: readonly string[], weights: readonly (readonly HopWeight[])[]): readonly PathHop[] {
  return weights.map((ofHop, index) => ({
    serviceIndex: functions.length - index,
    function: functions[index],
    weights: withoutNeedlessZeros(ofHop),
  }));
}

/** Hops that let nothing through: each function is named, none has an instance. */
export function blockedHops(functions: readonly string[]): readonly PathHop[] {
  return hopsOf(
    functions,
    Array.from({ length: functions.length + 1 }, () => []),
  );
}

/** What has to stay for a path to stay: its functions, the instances of each, and the nodes of its classifiers. */
export function shapeOf(hops: readonly PathHop[]): string {
  const names = (all: readonly string[]) => [...new Set(all)].toSorted();
  const from = names(hops[0]?.weights.map((weight) => weight.from) ?? []);
  const inner = hops.map(({ function: name = null, weights }) => [name, names(weights.map(({ to }) => to))]);
  return JSON.stringify([from, inner]);
}

/**
 * What a path's weights make of a chain's traffic now; undefined where traffic comes to a place of which the path knows nothing.
 * @param hops without taps
 */
export function flowsOfPath(graph: LayeredGraph, hops: readonly PathHop[]): Float64Array | undefined {
  const table = hops.map(weightsBySource);
  const unknown = new Set<number>();
  const flows = flowsBy(graph, (_, leaving, vertex) => {
    const { layer, name } = present(graph.vertices[vertex], "vertex");
    const own = table[layer]?.get(name);
    const weights = leaving.map((arc) => own?.get(vertexEntered(graph, arc).name) ?? 0);
    if (weights.every((weight) => weight === 0)) unknown.add(vertex);
    return weights;
  });
  return reaches(graph, flows, unknown) ? undefined : flows;
}

function reaches(graph: LayeredGraph, flows: Float64Array, vertices: ReadonlySet<number>): boolean {
  if (vertices.size === 0) return false;
  const isSource = [...vertices].some((vertex) => (graph.vertices[vertex]?.share ?? 0) > 0);
  return isSource || graph.heads.some((head, arc) => vertices.has(head) && (flows[arc] ?? 0) > 0);
}

function weightsBySource({ weights }: PathHop): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const bySource = new Map<string, Map<string, number>>();
  for (const { from, to, weight } of weights) {
    const own = bySource.get(from);
    if (own === undefined) bySource.set(from, new Map([[to, weight]]));
    else own.set(to, weight);
  }
  return bySource;
}

/** Every instance stays named, since it is the last resort when others fail; the rest of the zeros say nothing. */
function withoutNeedlessZeros(weights: readonly HopWeight[]): readonly HopWeight[] {
  const named = new Set(weights.filter(({ weight }) => weight > 0).map(({ to }) => to));
  return weights.filter(({ to, weight }) => {
    if (weight > 0) return true;
    const isFirst = !named.has(to);
    named.add(to);
    return isFirst;
  });
}
