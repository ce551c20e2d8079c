/** Arc flows as what forwarders carry out: for each hop and each `from`, integers that sum to 10,000 unless told. */
import { arcsLeaving, vertexEntered } from "../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import { type HopWeight, hopWeightSum } from "../../core/model/chain.ts";
import { present } from "../../core/model/invariant.ts";
import { largestRemainder } from "./largest-remainder.ts";
import { type ChooseWeights, flowsBy } from "./out-fractions.ts";

export interface WeightedHops {
  /** One for each function and one for the destination. */
  readonly hops: readonly (readonly HopWeight[])[];
  /** What the integers make of the flows: the loss by rounding is the difference of the two utilisations. */
  readonly flows: Float64Array;
}

/**
 * `spare` says how to go on from instances that the split leaves idle: traffic reaches them only when others fail, and then
 * must not be lost. Arcs with weight 0 are listed too, for the same reason.
 */
export function weightedHops(
  graph: LayeredGraph,
  flows: Float64Array,
  spare: ChooseWeights,
  sum: number = hopWeightSum,
): WeightedHops {
  const { vertices, heads, chain } = graph;
  const weights = new Float64Array(heads.length);
  const hops = Array.from({ length: chain.functions.length + 1 }, (): HopWeight[] => []);
  for (const [index, vertex] of vertices.entries()) {
    const out = arcsLeaving(graph, index);
    if (out.length === 0) continue;
    const parts = out.map((arc) => flows[arc] ?? 0);
    const isIdle = parts.every((part) => part === 0);
    const integers = largestRemainder(isIdle ? spare(graph, out, index) : parts, sum);
    for (const [position, arc] of out.entries()) {
      const to = vertexEntered(graph, arc).name;
      weights[arc] = present(integers[position], "weight of an arc");
      hops[vertex.layer]?.push({ from: vertex.name, to, weight: weights[arc] ?? 0 });
    }
  }
  return { hops, flows: flowsBy(graph, (_, out) => out.map((arc) => weights[arc] ?? 0)) };
}
