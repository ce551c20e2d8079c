/**
 * Rounds flows to integers with an eye on what they fill: all are rounded down, and what is missing to the sum goes one by one to
 * where it costs least, a byte on a resource costing exp((u_r - u_max) / mu) / capacity_r as in the gradient solver: next to
 * nothing but on the fullest. Chains with most traffic go first, so that the small ones even out.
 */
import { type ArcLoad, arcLoads, arcsLeaving } from "../../core/graph/layered-arcs.ts";
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import { present } from "../../core/model/invariant.ts";
import type { ArcFlows, SplitProblem } from "./split-problem.ts";
import { utilisationOf } from "./utilisation.ts";

/** By chain, then by arc; 0 at vertices that nothing reaches. Only arcs with flow get weight. Time O(arcs + arcs in use * links of a route). */
export function roundByLoad(problem: SplitProblem, flows: ArcFlows, sum: number): readonly Int32Array[] {
  const { ofResources: utilisations, max: utilisationMax } = utilisationOf(problem, flows);
  const rounding = { problem, utilisations, utilisationMax, sum };
  const weights = problem.graphs.map(({ heads }) => new Int32Array(heads.length));
  const largestFirst = [...problem.graphs.keys()].sort(
    (a, b) => (problem.graphs[b]?.chain.demand ?? 0) - (problem.graphs[a]?.chain.demand ?? 0),
  );
  for (const chain of largestFirst) {
    const graph = present(problem.graphs[chain], "graph of a chain");
    roundChain(rounding, graph, present(flows[chain], "flows of a chain"), present(weights[chain], "weights"));
  }
  return weights;
}

interface Rounding {
  readonly problem: SplitProblem;
  /** By resource, with what is rounded already and the rest as it was planned. */
  readonly utilisations: Float64Array;
  /** Of the split, and of the fullest. */
  readonly utilisationMax: number;
  readonly sum: number;
}

/** mu, as a part of the largest utilisation: what rounding may add. */
const SMOOTHING = 0.003;

function roundChain(rounding: Rounding, graph: LayeredGraph, flows: Float64Array, weights: Int32Array): void {
  const arrived = Float64Array.from(graph.vertices, ({ share }) => share);
  for (const vertex of graph.vertices.keys()) {
    const used = arcsLeaving(graph, vertex).filter((arc) => (flows[arc] ?? 0) > 0);
    if (used.length === 0) continue;
    const here = arrived[vertex] ?? 0;
    const planned = used.map((arc) => flows[arc] ?? 0);
    const loads = used.map((arc) => arcLoads(graph, vertex, arc, rounding.problem));
    for (const [position, weight] of roundRow(rounding, { here, planned, loads }).entries()) {
      const arc = used[position] ?? 0;
      weights[arc] = weight;
      const head = graph.heads[arc] ?? 0;
      arrived[head] = (arrived[head] ?? 0) + (here * weight) / rounding.sum;
    }
  }
}

interface Row {
  /** The part of the demand that arrives, by the weights of the hops before. */
  readonly here: number;
  /** By arc: the part that the split sends along it. */
  readonly planned: readonly number[];
  /** By arc: what the whole demand would load. */
  readonly loads: readonly (readonly ArcLoad[])[];
}

function roundRow(rounding: Rounding, { here, planned, loads }: Row): readonly number[] {
  const { sum } = rounding;
  const total = planned.reduce((a, b) => a + b, 0);
  const exact = planned.map((part) => (part / total) * sum);
  const weights = exact.map(Math.floor);
  const loadsOf = (position: number) => loads[position] ?? [];
  for (const [position, part] of planned.entries())
    fill(rounding, loadsOf(position), (here * (weights[position] ?? 0)) / sum - part);
  const left = new Set(exact.keys());
  for (let missing = sum - weights.reduce((a, b) => a + b, 0); missing > 0; missing -= 1) {
    const costs = [...left].map((position) => ({ position, cost: costOf(rounding, loadsOf(position), here / sum) }));
    const { position: best } = costs.reduce((a, b) => {
      const difference = b.cost - a.cost || remainder(exact, a.position) - remainder(exact, b.position);
      return difference < 0 ? b : a;
    });
    left.delete(best);
    weights[best] = (weights[best] ?? 0) + 1;
    fill(rounding, loadsOf(best), here / sum);
  }
  return weights;
}

function fill({ problem, utilisations }: Rounding, loads: readonly ArcLoad[], part: number): void {
  for (const { resource, amount } of loads)
    utilisations[resource] =
      (utilisations[resource] ?? 0) + (part * amount) / (problem.resources[resource]?.capacity ?? 1);
}

function costOf({ problem, utilisations, utilisationMax }: Rounding, loads: readonly ArcLoad[], part: number): number {
  return loads.reduce((cost, { resource, amount }) => {
    const more = (part * amount) / (problem.resources[resource]?.capacity ?? 1);
    const excess = (utilisations[resource] ?? 0) + more - utilisationMax;
    return cost + more * Math.exp(excess / (SMOOTHING * utilisationMax));
  }, 0);
}

function remainder(exact: readonly number[], index: number): number {
  const value = exact[index] ?? 0;
  return value - Math.floor(value);
}
