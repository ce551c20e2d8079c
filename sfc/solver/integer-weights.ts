/** Arc flows as what forwarders carry out: for each vertex integers that sum to 10,000 unless told. */
import { arcsLeaving } from "../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import { hopWeightSum } from "../../core/model/chain.ts";
import { present } from "../../core/model/invariant.ts";
import { largestRemainder } from "./largest-remainder.ts";
import { type ChooseWeights, flowsBy } from "./out-fractions.ts";
import { roundByLoad } from "./round-by-load.ts";
import type { ArcFlows, SplitProblem } from "./split-problem.ts";
import { utilisationOf } from "./utilisation.ts";

export interface RoundingOptions {
  /** What the weights of one vertex sum to. */
  readonly sum?: number;
  /**
   * How to go on from instances that the split leaves idle: traffic reaches them only when others fail, and then must not be
   * lost.
   */
  readonly spare: ChooseWeights;
}

export interface IntegerWeights {
  /** By chain, then by arc. */
  readonly weights: readonly Int32Array[];
  /** What they make of the flows: the loss by rounding is the difference of the two utilisations. */
  readonly flows: ArcFlows;
}

/** Each weight is within 1 of its exact share. Of two ways to round the one counts that fills the fullest resource less. */
export function integerWeights(
  problem: SplitProblem,
  flows: ArcFlows,
  { sum = hopWeightSum, spare }: RoundingOptions,
): IntegerWeights {
  const idle = problem.graphs.map((graph, chain) => idleWeights(graph, present(flows[chain], "flows"), sum, spare));
  const candidates = [byRemainder(problem, flows, sum), roundByLoad(problem, flows, sum)].map((used) => {
    const weights = used.map((ofChain, chain) => ofChain.map((weight, arc) => weight + (idle[chain]?.[arc] ?? 0)));
    return { weights, flows: problem.graphs.map((graph, chain) => weightedFlows(graph, weights[chain])) };
  });
  const [first, second] = candidates.map((each) => ({ ...each, max: utilisationOf(problem, each.flows).max }));
  return present(first && second && second.max < first.max ? second : first, "weights");
}

function byRemainder({ graphs }: SplitProblem, flows: ArcFlows, sum: number): readonly Int32Array[] {
  return graphs.map((graph, chain) =>
    rows(graph, (leaving) => {
      const parts = leaving.map((arc) => flows[chain]?.[arc] ?? 0);
      return parts.some((part) => part > 0) ? largestRemainder(parts, sum) : [];
    }),
  );
}

function idleWeights(graph: LayeredGraph, flows: Float64Array, sum: number, spare: ChooseWeights): Int32Array {
  return rows(graph, (leaving, vertex) =>
    leaving.some((arc) => (flows[arc] ?? 0) > 0) ? [] : largestRemainder(spare(graph, leaving, vertex), sum),
  );
}

type RowOf = (leaving: readonly number[], vertex: number) => readonly number[];

function rows(graph: LayeredGraph, rowOf: RowOf): Int32Array {
  const weights = new Int32Array(graph.heads.length);
  for (const vertex of graph.vertices.keys()) {
    const leaving = arcsLeaving(graph, vertex);
    if (leaving.length === 0) continue;
    for (const [position, weight] of rowOf(leaving, vertex).entries()) weights[leaving[position] ?? 0] = weight;
  }
  return weights;
}

function weightedFlows(graph: LayeredGraph, weights: Int32Array = new Int32Array()): Float64Array {
  return flowsBy(graph, (_, leaving) => leaving.map((arc) => weights[arc] ?? 0));
}
