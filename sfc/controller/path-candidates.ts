/** Each chain's path as it is and as it would be. */
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import type { Underlay } from "../../core/graph/underlay.ts";
import type { PathHop, ServiceFunctionChain, ServiceFunctionPath } from "../../core/model/chain.ts";
import { present } from "../../core/model/invariant.ts";
import { slowestWayMs } from "../solver/slowest-way.ts";
import { weightedHops } from "../solver/weighted-hops.ts";
import { objectKey } from "./cluster-state.ts";
import type { RenewalCase } from "./judge-renewal.ts";
import { flowsOfPath, hopsOf, shapeOf } from "./render-chain.ts";
import type { SolvedChains } from "./split-chains.ts";
import { hopsPastTaps, withTaps } from "./tap-hops.ts";

export interface PathCandidate {
  readonly key: string;
  readonly demand: number;
  readonly hops: readonly PathHop[];
  /** Flows by the new weights. */
  readonly best: Float64Array;
  /** Flows by the current path's weights, if it can stay. */
  readonly own: Float64Array | undefined;
  readonly misfit: RenewalCase["misfit"];
  readonly refusal: RenewalCase["refusal"];
  readonly flowChange: number;
  /** By which part the demand differs from what the current path was made for. */
  readonly demandChange: number;
}

/** Paths by the chain's `namespace/name`. */
export interface CurrentPaths {
  readonly current: ReadonlyMap<string, ServiceFunctionPath>;
  /** Why such hops are not tried again now in place of the current path; undefined where nothing is against it. */
  refusalOf(key: string, hops: readonly PathHop[]): string | undefined;
}

/** One for each chain of the split, in its order. */
export function pathCandidates(solved: SolvedChains, { current, refusalOf }: CurrentPaths): readonly PathCandidate[] {
  const { problem, rounded } = solved;
  return solved.chains.map((runnable, index) => {
    const { chain, functions } = runnable;
    const graph = present(problem.graphs[index], "graph of a chain");
    const best = present(rounded.flows[index], "flows of a chain");
    const weights = weightedHops(graph, present(rounded.weights[index], "weights of a chain"));
    const names = functions.map(({ name }) => name);
    const hops = withTaps(hopsOf(names, weights), runnable);
    const key = objectKey(chain);
    const path = current.get(key);
    const flows = path && flowsOfPath(graph, hopsPastTaps(path.hops, runnable));
    const refusal = path && refusalOf(key, hops);
    const fitting = { chain, path, hops, flows, graph, underlay: problem.underlay };
    const misfit = refusal === undefined ? misfitOf(fitting) : undefined;
    const own = misfit === undefined ? flows : undefined;
    const { demand } = graph.chain;
    const madeFor = path?.prediction.demandBytesPerSecond ?? 0;
    return {
      key,
      demand,
      hops,
      best,
      own,
      misfit,
      refusal,
      flowChange: own ? largestDifference(own, best) : 1,
      demandChange: madeFor > 0 ? Math.abs(demand - madeFor) / madeFor : Infinity,
    };
  });
}

interface Fitting {
  readonly chain: ServiceFunctionChain;
  readonly path: ServiceFunctionPath | undefined;
  /** As they would be now. */
  readonly hops: readonly PathHop[];
  /** By the path's weights. */
  readonly flows: Float64Array | undefined;
  readonly graph: LayeredGraph;
  readonly underlay: Underlay;
}

function misfitOf({ chain, path, hops, flows, graph, underlay }: Fitting): RenewalCase["misfit"] {
  if (!path) return "no-path";
  if (path.chainGeneration !== chain.generation) return "generation";
  if (!flows || shapeOf(path.hops) !== shapeOf(hops)) return "shape";
  const { latencyMsMax = Infinity } = graph.chain;
  return slowestWayMs(graph, flows, underlay) > latencyMsMax * (1 + SAME_LATENCY) ? "too-slow" : undefined;
}

/** Sums of decimals are not exact. */
const SAME_LATENCY = 1e-9;

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, flow, arc) => Math.max(most, Math.abs(flow - (b[arc] ?? 0))), 0);
}
