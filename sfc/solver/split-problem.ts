/** A network made ready for solvers, and what a solver answers. */
import { type LayeredGraph, layeredGraph, type Unreachable } from "../../core/graph/layered-graph.ts";
import { type Resource, type ResourceTable, resourceTable } from "../../core/graph/layered-graph-resources.ts";
import { type Underlay, underlayOf, withRoutes } from "../../core/graph/underlay.ts";
import type { NetworkRoute, SplitNetwork } from "../../core/model/split-network.ts";

export interface SplitProblem {
  readonly network: SplitNetwork;
  /** Where routes are free, the shortest ones. */
  readonly underlay: Underlay;
  readonly table: ResourceTable;
  readonly resources: readonly Resource[];
  /** One for each chain, in the network's order. */
  readonly graphs: readonly LayeredGraph[];
}

export type SplitProblemResult = { readonly kind: "problem"; readonly problem: SplitProblem } | UnreachableChain;

export interface UnreachableChain extends Unreachable {
  readonly chain: string;
}

/** For each chain, by arc of its layered graph: the part of the chain's demand that takes the arc, in [0, 1]. */
export type ArcFlows = readonly Float64Array[];

export interface Split {
  readonly kind: "split";
  readonly flows: ArcFlows;
  /** Where routes are free: those of all pairs of nodes that have traffic. */
  readonly routes?: readonly NetworkRoute[];
  /** Steps that the solver took, in its own terms. */
  readonly iterations: number;
  /** Which solver it was, where one was chosen, and why it was not a better one. */
  readonly solver?: string;
  readonly remark?: string;
  /** Weights of the resources that make a good certificate, if the solver knows some. */
  readonly resourceWeights?: Float64Array;
}

export type SplitAnswer =
  | Split
  /** The program is larger than this solver may take; another one must. */
  | { readonly kind: "too-large"; readonly variables: number; readonly variablesMax: number }
  | { readonly kind: "failed"; readonly reason: string };

export type SplitSolver = (problem: SplitProblem, options?: SolveOptions) => SplitAnswer;

export interface SolveOptions {
  /** Where to begin, instead of afresh; solvers that always begin afresh pass over it. */
  readonly earlier?: EarlierSplit | undefined;
}

/** A split made for an earlier state of the network, with the weights that proved its bound. */
export interface EarlierSplit {
  readonly problem: Pick<SplitProblem, "graphs" | "resources">;
  readonly flows: ArcFlows;
  readonly routes?: readonly NetworkRoute[] | undefined;
  readonly resourceWeights: Float64Array;
}

export function splitProblemOf(network: SplitNetwork): SplitProblemResult {
  const table = resourceTable(network);
  const underlay = underlayOf(network.nodes, network.links, network.routing);
  const graphs: LayeredGraph[] = [];
  for (const chain of network.chains) {
    const result = layeredGraph(chain, { network, underlay, table });
    if (result.kind === "unreachable") return { ...result, chain: chain.name };
    graphs.push(result.graph);
  }
  return { kind: "problem", problem: { network, underlay, table, resources: table.resources, graphs } };
}

/** The problem with the routes of an answer to it; without any, as it is. */
export function routedBy(problem: SplitProblem, routes: readonly NetworkRoute[] | undefined): SplitProblem {
  if (!routes) return problem;
  return { ...problem, underlay: withRoutes(problem.underlay, problem.network.nodes, routes) };
}
