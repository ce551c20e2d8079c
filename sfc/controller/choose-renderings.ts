/** Which chains get a new path: those that must, and the others only where it is worth the change. */
import type { LayeredGraph } from "../../core/graph/layered-graph.ts";
import type { Underlay } from "../../core/graph/underlay.ts";
import type {
  Measurement,
  PathHop,
  Prediction,
  ServiceFunctionChain,
  ServiceFunctionPath,
} from "../../core/model/chain.ts";
import { present } from "../../core/model/invariant.ts";
import { capacityWeights } from "../solver/capacity-weighted/capacity-weighted-split.ts";
import { integerWeights } from "../solver/integer-weights.ts";
import { slowestWayMs } from "../solver/slowest-way.ts";
import type { ArcFlows } from "../solver/split-problem.ts";
import { utilisationOf } from "../solver/utilisation.ts";
import { weightedHops } from "../solver/weighted-hops.ts";
import { objectKey } from "./cluster-state.ts";
import { type Hysteresis, judgeRenewal, type RenewalCase, type RenewalVerdict } from "./judge-renewal.ts";
import { flowsOfPath, hopsOf, shapeOf } from "./render-chain.ts";
import type { SolvedChains } from "./split-chains.ts";

/** What is to be expected of all paths as they will be together, kept ones included, with the demand as it is now. */
export interface Outlook {
  readonly prediction: Prediction;
  /** Name of the fullest link or instance; undefined where nothing is limited. */
  readonly bottleneck: string | undefined;
  /** Undefined where the chain's traffic is not measured. */
  readonly measured: Measurement | undefined;
}

/** What a chain's next path is to be. */
export type Rendering = KeptPath | NewPath;

export interface KeptPath {
  readonly kind: "keep";
  readonly verdict: RenewalVerdict;
  readonly outlook: Outlook;
}

export interface NewPath {
  readonly kind: "renew";
  readonly verdict: RenewalVerdict;
  readonly outlook: Outlook;
  readonly hops: readonly PathHop[];
}

export interface PathsNow {
  /** The path that counts as a chain's own, by the chain's `namespace/name`. */
  readonly current: ReadonlyMap<string, ServiceFunctionPath>;
  /** Bytes per second, likewise. */
  readonly measured: ReadonlyMap<string, number>;
}

/** By the chain's `namespace/name`. */
export function chooseRenderings(
  solved: SolvedChains,
  { current, measured }: PathsNow,
  hysteresis: Hysteresis,
): ReadonlyMap<string, Rendering> {
  const { problem, split } = solved;
  const candidates = candidatesOf(solved, current);
  const fullest = (flows: ArcFlows) => utilisationOf(problem, flows).max;
  const utilisation = {
    kept: fullest(candidates.map(({ best, own }) => own ?? best)),
    renewed: fullest(candidates.map(({ best }) => best)),
  };
  const moved = candidates
    .map(({ key, misfit, demandChange }) => ({ chain: key, part: misfit ? Infinity : demandChange }))
    .reduce((a, b) => (b.part > a.part ? b : a), { chain: "", part: 0 });
  const judged = candidates.map((each) => {
    const { misfit, flowChange } = each;
    return { ...each, verdict: judgeRenewal({ misfit, flowChange, moved, utilisation }, hysteresis) };
  });
  const final = judged.map(({ verdict, own, best }) => (verdict.kind === "keep" ? (own ?? best) : best));
  const { max: maxUtilisation, bottleneck } = utilisationOf(problem, final);
  const measuredMax = fullest(judged.map((each, index) => measuredFlows(each, final[index] ?? each.best, measured)));
  const { lowerBound } = split;
  return new Map(
    judged.map(({ key, hops, verdict, demand: demandBytesPerSecond }): [string, Rendering] => {
      const now = measured.get(key);
      const outlook: Outlook = {
        prediction: { maxUtilisation, lowerBound, demandBytesPerSecond },
        bottleneck,
        measured: now === undefined ? undefined : { demandBytesPerSecond: now, maxUtilisation: measuredMax },
      };
      const { kind } = verdict;
      return [key, kind === "keep" ? { kind, verdict, outlook } : { kind, verdict, outlook, hops }];
    }),
  );
}

/** As if only what was measured were sent. */
function measuredFlows({ key, demand }: Candidate, flows: Float64Array, measured: PathsNow["measured"]): Float64Array {
  const part = demand > 0 ? (measured.get(key) ?? 0) / demand : 0;
  return flows.map((flow) => flow * part);
}

interface Candidate {
  readonly key: string;
  readonly demand: number;
  readonly hops: readonly PathHop[];
  /** Flows by the new weights. */
  readonly best: Float64Array;
  /** Flows by the current path's weights, if it can stay. */
  readonly own: Float64Array | undefined;
  readonly misfit: RenewalCase["misfit"];
  readonly flowChange: number;
  /** By which part the demand differs from what the current path was made for. */
  readonly demandChange: number;
}

function candidatesOf(solved: SolvedChains, current: ReadonlyMap<string, ServiceFunctionPath>): readonly Candidate[] {
  const { problem, split } = solved;
  const rounded = integerWeights(problem, split.flows, { spare: capacityWeights(problem.network) });
  return solved.chains.map(({ chain, functions }, index) => {
    const graph = present(problem.graphs[index], "graph of a chain");
    const best = present(rounded.flows[index], "flows of a chain");
    const weights = weightedHops(graph, present(rounded.weights[index], "weights of a chain"));
    const names = functions.map(({ name }) => name);
    const hops = hopsOf(names, weights);
    const key = objectKey(chain);
    const path = current.get(key);
    const flows = path && flowsOfPath(graph, path);
    const misfit = misfitOf({ chain, path, hops, flows, graph, underlay: problem.underlay });
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
