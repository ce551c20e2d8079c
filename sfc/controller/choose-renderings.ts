/** Which chains get a new path: those that must, and the others only where it is worth the change. */
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import type { HopWeight, PathHop, Prediction, ServiceFunctionPath } from "../../core/model/chain.ts";
import { present } from "../../core/model/invariant.ts";
import { capacityWeights } from "../solver/capacity-weighted/capacity-weighted-split.ts";
import { integerWeights } from "../solver/integer-weights.ts";
import { utilisationOf } from "../solver/utilisation.ts";
import { weightedHops } from "../solver/weighted-hops.ts";
import { objectKey } from "./cluster-state.ts";
import type { RunnableChain } from "./examine-chain.ts";
import { flowsOfPath, hopsOf, shapeOf } from "./render-chain.ts";
import type { SolvedChains } from "./split-chains.ts";

export interface Hysteresis {
  /** A demand counts as moved when it differs by more than this part of what a path was made for. */
  readonly demandChange: number;
  /** And then paths change only if the largest utilisation falls by more than this part. */
  readonly gain: number;
}

/** What a chain's next path is to be; `prediction` is for the demand as it is now, also of a path that stays. */
export type Rendering =
  | { readonly kind: "keep"; readonly prediction: Prediction }
  | { readonly kind: "renew"; readonly prediction: Prediction; readonly hops: readonly PathHop[] };

/** By the chain's `namespace/name`. The predictions are of the paths as they will be together, kept ones included. */
export function chooseRenderings(
  solved: SolvedChains,
  current: ReadonlyMap<string, ServiceFunctionPath>,
  hysteresis: Hysteresis,
): ReadonlyMap<string, Rendering> {
  const { problem, split } = solved;
  const rounded = integerWeights(problem, split.flows, { spare: capacityWeights(problem.network) });
  const candidates = solved.chains.map((runnable, index) => {
    const graph = present(problem.graphs[index], "graph of a chain");
    const hops = weightedHops(graph, present(rounded.weights[index], "weights of a chain"));
    const best = present(rounded.flows[index], "flows of a chain");
    return candidateOf({ graph, runnable, hops, best }, current);
  });
  const kept = candidates.map(({ best, own }) => own ?? best);
  const isStirred = candidates.some(({ own, hasMoved }) => !own || hasMoved(hysteresis.demandChange));
  const renewed = candidates.map(({ best }) => best);
  const [before, after] = [utilisationOf(solved.problem, kept).max, utilisationOf(solved.problem, renewed).max];
  const isWorthIt = isStirred && before > 0 && (before - after) / before > hysteresis.gain;
  const stays = ({ own, best }: Candidate) => own !== undefined && (!isWorthIt || isAlike(own, best));
  const final = candidates.map((each) => (stays(each) ? (each.own ?? each.best) : each.best));
  const maxUtilisation = utilisationOf(solved.problem, final).max;
  const { lowerBound } = solved.split;
  const renderings = new Map<string, Rendering>();
  for (const each of candidates) {
    const { key, hops, demand: demandBytesPerSecond } = each;
    const prediction = { maxUtilisation, lowerBound, demandBytesPerSecond };
    renderings.set(key, stays(each) ? { kind: "keep", prediction } : { kind: "renew", prediction, hops });
  }
  return renderings;
}

/** Differences below this part of a chain's demand are not worth a new path. */
const ALIKE = 0.01;

function isAlike(a: Float64Array, b: Float64Array): boolean {
  return a.every((flow, arc) => Math.abs(flow - (b[arc] ?? 0)) < ALIKE);
}

interface Candidate {
  readonly key: string;
  readonly demand: number;
  readonly hops: readonly PathHop[];
  /** Flows by the new weights. */
  readonly best: Float64Array;
  /** Flows by the current path's weights, if it can stay. */
  readonly own: Float64Array | undefined;
  hasMoved(part: number): boolean;
}

interface WeightedChain {
  readonly runnable: RunnableChain;
  readonly graph: LayeredGraph;
  readonly hops: readonly (readonly HopWeight[])[];
  /** What they make of the chain's traffic. */
  readonly best: Float64Array;
}

function candidateOf(
  { runnable: { chain, functions }, graph, hops: weights, best }: WeightedChain,
  current: ReadonlyMap<string, ServiceFunctionPath>,
): Candidate {
  const key = objectKey(chain);
  const { demand } = graph.chain;
  const names = functions.map(({ name }) => name);
  const hops = hopsOf(names, weights);
  const path = current.get(key);
  const isFitting = path?.chainGeneration === chain.generation && shapeOf(path.hops) === shapeOf(hops);
  const own = path && isFitting ? flowsOfPath(graph, path) : undefined;
  const madeFor = path?.prediction.demandBytesPerSecond ?? 0;
  return {
    key,
    demand,
    hops,
    best,
    own,
    hasMoved: (part) => Math.abs(demand - madeFor) > part * madeFor,
  };
}
