/** A network made ready for solvers, and what a solver answers. */
import { type LayeredGraph, layeredGraph } from "../../core/graph/layered-graph.ts";
import { type Resource, type ResourceTable, resourceTable } from "../../core/graph/layered-graph-resources.ts";
import { type Underlay, underlayOf } from "../../core/graph/underlay.ts";
import type { SplitNetwork } from "../../core/model/split-network.ts";

export interface SplitProblem {
  readonly network: SplitNetwork;
  readonly underlay: Underlay;
  readonly table: ResourceTable;
  readonly resources: readonly Resource[];
  /** One for each chain, in the network's order. */
  readonly graphs: readonly LayeredGraph[];
}

export type SplitProblemResult =
  | { readonly kind: "problem"; readonly problem: SplitProblem }
  /** No way leads from `source` through all functions of `chain`, or none within its latency limit. */
  | { readonly kind: "unreachable"; readonly chain: string; readonly source: string };

/** For each chain, by arc of its layered graph: the part of the chain's demand that takes the arc, in [0, 1]. */
export type ArcFlows = readonly Float64Array[];

export interface Split {
  readonly kind: "split";
  readonly flows: ArcFlows;
  /** Steps that the solver took, in its own terms. */
  readonly iterations: number;
  /** Which solver it was, where one was chosen. */
  readonly solver?: string;
  /** Weights of the resources that make a good certificate, if the solver knows some. */
  readonly resourceWeights?: Float64Array;
}

export type SplitAnswer =
  | Split
  /** The program is larger than this solver may take; another one must. */
  | { readonly kind: "too-large"; readonly variables: number; readonly variablesMax: number }
  | { readonly kind: "failed"; readonly reason: string };

export type SplitSolver = (problem: SplitProblem) => SplitAnswer;

export function splitProblemOf(network: SplitNetwork): SplitProblemResult {
  const table = resourceTable(network);
  const underlay = underlayOf(network.nodes, network.links);
  const graphs: LayeredGraph[] = [];
  for (const chain of network.chains) {
    const result = layeredGraph(chain, { network, underlay, table });
    if (result.kind === "unreachable") return { kind: "unreachable", chain: chain.name, source: result.source };
    graphs.push(result.graph);
  }
  return { kind: "problem", problem: { network, underlay, table, resources: table.resources, graphs } };
}
