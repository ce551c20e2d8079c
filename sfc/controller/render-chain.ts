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

/** What a path's weights make of a chain's traffic now; undefined where the path is of another shape. `hops` without taps. */
export function flowsOfPath(graph: LayeredGraph, hops: readonly PathHop[]): Float64Array | undefined {
  const table = hops.map(({ weights }) => new Map(weights.map(({ from, to, weight }) => [pair(from, to), weight])));
  let isKnown = true;
  const flows = flowsBy(graph, (_, leaving, vertex) => {
    const weights = leaving.map((arc) => {
      const from = present(graph.vertices[vertex], "vertex");
      return table[from.layer]?.get(pair(from.name, vertexEntered(graph, arc).name)) ?? 0;
    });
    isKnown &&= weights.some((weight) => weight > 0);
    return weights;
  });
  return isKnown ? flows : undefined;
}

function pair(from: string, to: string): string {
  return JSON.stringify([from, to]);
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
