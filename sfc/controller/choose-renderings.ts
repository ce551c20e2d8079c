/** Which chains get a new path: those that must, and the others only where it is worth the change. */
import type { Measurement, PathHop, Prediction } from "../../core/model/chain.ts";
import type { ArcFlows } from "../solver/split-problem.ts";
import { utilisationOf } from "../solver/utilisation.ts";
import { type Hysteresis, judgeRenewal, type RenewalVerdict } from "./judge-renewal.ts";
import { type CurrentPaths, type PathCandidate, pathCandidates } from "./path-candidates.ts";
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

/** `current`: the path that counts as a chain's own. */
export interface PathsNow extends CurrentPaths {
  /** Bytes per second by the chain's `namespace/name`. */
  readonly measured: ReadonlyMap<string, number>;
}

/** By the chain's `namespace/name`. */
export function chooseRenderings(
  solved: SolvedChains,
  { measured, ...paths }: PathsNow,
  hysteresis: Hysteresis,
): ReadonlyMap<string, Rendering> {
  const { problem, split } = solved;
  const candidates = pathCandidates(solved, paths);
  const fullest = (flows: ArcFlows) => utilisationOf(problem, flows).max;
  const utilisation = {
    kept: fullest(candidates.map(({ best, own }) => own ?? best)),
    renewed: fullest(candidates.map(({ best }) => best)),
  };
  const moved = candidates
    .map(({ key, misfit, demandChange }) => ({ chain: key, part: misfit ? Infinity : demandChange }))
    .reduce((a, b) => (b.part > a.part ? b : a), { chain: "", part: 0 });
  const judged = candidates.map((each) => {
    const { refusal, misfit, flowChange } = each;
    return { ...each, verdict: judgeRenewal({ refusal, misfit, flowChange, moved, utilisation }, hysteresis) };
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
function measuredFlows(
  { key, demand }: PathCandidate,
  flows: Float64Array,
  measured: PathsNow["measured"],
): Float64Array {
  const part = demand > 0 ? (measured.get(key) ?? 0) / demand : 0;
  return flows.map((flow) => flow * part);
}
