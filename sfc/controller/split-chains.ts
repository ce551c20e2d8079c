/** Splits all chains that can run, together; those that do not fit are turned away, lowest priority first. */
import type { Clock } from "../../core/ports/clock.ts";
import { capacityWeights } from "../solver/capacity-weighted/capacity-weighted-split.ts";
import { checkFlows } from "../solver/check-split.ts";
import { type IntegerWeights, integerWeights } from "../solver/integer-weights.ts";
import { utilisationOf } from "../solver/utilisation.ts";
import { type AdmissionInput, beyondCapacity, beyondLatency, type Rejections } from "./admit-chains.ts";
import { chainNetwork, type NetworkInput } from "./chain-network.ts";
import { objectKey } from "./cluster-state.ts";
import type { RunnableChain } from "./examine-chain.ts";
import { RecentAnswers } from "./recent-answers.ts";
import { type SolvedNetwork, type SolveInput, solveNetwork } from "./solve-network.ts";

export interface SplitInput extends NetworkInput, SolveInput {
  /** In order of precedence: the last ones give way. */
  readonly chains: readonly RunnableChain[];
  readonly clock: Pick<Clock, "nowMs">;
  readonly splits: RecentSplits;
}

/** What was found for networks that were asked about lately. */
export interface RecentSplits {
  readonly solved: RecentAnswers<RoundedNetwork | undefined>;
  /** By the network of all declared demands. */
  readonly rejections: RecentAnswers<Rejections>;
}

export interface ChainSplit {
  /** Undefined when no chain can run. */
  readonly solved: SolvedChains | undefined;
  readonly rejected: Rejections;
}

export interface RoundedNetwork extends SolvedNetwork {
  /** What forwarders can carry out of it. */
  readonly rounded: IntegerWeights;
}

export interface SolvedChains extends RoundedNetwork {
  /** In the order of the problem's chains. */
  readonly chains: readonly RunnableChain[];
}

/** Arcs of all the problems that are kept, each of which takes some 40 bytes. */
const ARCS_KEPT_MAX = 2_000_000;

export function recentSplits(): RecentSplits {
  const weightOf = (solved: RoundedNetwork | undefined) =>
    solved?.problem.graphs.reduce((sum, { heads }) => sum + heads.length, 0) ?? 0;
  return { solved: new RecentAnswers({ weightOf, weightMax: ARCS_KEPT_MAX }), rejections: new RecentAnswers() };
}

/** Splits by the demands as they are; only when that overfills something are the declared ones looked at. */
export function splitChains(input: SplitInput): ChainSplit {
  const tooSlow = beyondLatency(input.chains, input);
  const reachable = without(input.chains, tooSlow);
  const first = solve(input, reachable);
  if (!first || first.split.utilisation.max <= 1) return { solved: first, rejected: tooSlow };
  const tooMuch = beyondDeclared(reachable, input);
  const rejected = new Map([...tooSlow, ...tooMuch]);
  return { solved: tooMuch.size === 0 ? first : solve(input, without(reachable, tooMuch)), rejected };
}

/** The same question is asked whenever anything is looked at, as long as something is too full. */
function beyondDeclared(chains: readonly RunnableChain[], input: SplitInput): Rejections {
  const admission: AdmissionInput = input;
  const demands = new Map(chains.map(({ chain }) => [objectKey(chain), chain.demandBytesPerSecond ?? 0]));
  const declared = chainNetwork({ ...input, chains, demands });
  return input.splits.rejections.answerTo(declared, () => beyondCapacity(chains, admission));
}

function without(chains: readonly RunnableChain[], rejected: Rejections): readonly RunnableChain[] {
  return chains.filter(({ chain }) => !rejected.has(objectKey(chain)));
}

/** The split before is where the gradient solver begins: most changes of a cluster are small. */
function solve(input: SplitInput, chains: readonly RunnableChain[]): SolvedChains | undefined {
  if (chains.length === 0) return undefined;
  const network = chainNetwork({ ...input, chains });
  const before = input.splits.solved.newest;
  const solved = input.splits.solved.answerTo(network, () => rounded(solveNetwork(network, input, before), input));
  return solved && { ...solved, chains };
}

/** Undefined where the checker refuses what forwarders would make of it. */
function rounded(solved: SolvedNetwork | undefined, { onRefused }: SolveInput): RoundedNetwork | undefined {
  if (!solved) return undefined;
  const { problem, split } = solved;
  const weights = integerWeights(problem, split.flows, { spare: capacityWeights(problem.network) });
  const checked = checkFlows(problem, { ...split, flows: weights.flows }, utilisationOf(problem, weights.flows).max);
  if (checked.kind === "checked") return { ...solved, rounded: weights };
  onRefused?.(`weights: ${checked.reason}`);
  return undefined;
}
