/** Splits all chains that can run, together; chains whose declared demand cannot fit are turned away, lowest priority first. */
import { arcLoads, arcsLeaving } from "../../core/graph/layered-arcs.ts";
import type { SplitNetwork } from "../../core/model/split-network.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { type CertifiedSplit, certifiedSplit } from "../solver/certified-split.ts";
import { solverNamed } from "../solver/solvers.ts";
import { type SplitProblem, splitProblemOf } from "../solver/split-problem.ts";
import { chainNetwork, type NetworkInput, processingDelayMs } from "./chain-network.ts";
import { objectKey } from "./cluster-state.ts";
import type { RejectedChain, RunnableChain } from "./examine-chain.ts";
import { RecentAnswers } from "./recent-answers.ts";

export interface SplitInput extends NetworkInput {
  /** In order of precedence: the last ones give way. */
  readonly chains: readonly RunnableChain[];
  /** Larger programs are split by the gradient solver. */
  readonly variablesMax: number;
  /** How long that may search. */
  readonly splitMsMax: number;
  readonly clock: Pick<Clock, "nowMs">;
  readonly answers: RecentAnswers<SolvedNetwork | undefined>;
}

export interface ChainSplit {
  /** Undefined when no chain can run. */
  readonly solved: SolvedChains | undefined;
  /** By the chain's `namespace/name`. */
  readonly rejected: ReadonlyMap<string, RejectedChain>;
}

export interface SolvedChains extends SolvedNetwork {
  /** In the order of the problem's chains. */
  readonly chains: readonly RunnableChain[];
}

export interface SolvedNetwork {
  readonly problem: SplitProblem;
  readonly split: CertifiedSplit;
  /** Which solver made the split, how good it is, and why it was not the exact one. */
  readonly proof: string;
}

/** Arcs of all the problems that are kept, each of which takes some 30 bytes. */
const ARCS_KEPT_MAX = 2_000_000;

export function recentSplits(): SplitInput["answers"] {
  const weightOf = (solved: SolvedNetwork | undefined) =>
    solved?.problem.graphs.reduce((sum, { heads }) => sum + heads.length, 0) ?? 0;
  return new RecentAnswers({ weightOf, weightMax: ARCS_KEPT_MAX });
}

/** Splits by the demands as they are; only when that overfills something are the declared ones looked at. */
export function splitChains(input: SplitInput): ChainSplit {
  const reachable = withinLatency(input);
  const first = solve(input, reachable.chains);
  if (!first || first.split.utilisation.max <= 1) return { solved: first, rejected: reachable.rejected };
  const fitting = admitDeclared(input, reachable.chains);
  const rejected = new Map([...reachable.rejected, ...fitting.rejected]);
  return { solved: fitting.rejected.size === 0 ? first : solve(input, fitting.chains), rejected };
}

interface Admission {
  readonly chains: readonly RunnableChain[];
  readonly rejected: ReadonlyMap<string, RejectedChain>;
}

function withinLatency(input: SplitInput): Admission {
  const rejected = new Map<string, RejectedChain>();
  const chains = input.chains.filter((runnable) => {
    // Without a budget a tree of links has a way for everybody.
    if (runnable.chain.latencyBudgetMs === undefined) return true;
    const prepared = splitProblemOf(chainNetwork({ ...input, chains: [runnable] }));
    if (prepared.kind === "problem") return true;
    const budget = `spec.latencyBudgetMs: ${runnable.chain.latencyBudgetMs} ms is less than the shortest way takes`;
    const message = `${budget} from node ${prepared.source}; functions alone take ${processingDelayMs(runnable)} ms`;
    rejected.set(objectKey(runnable.chain), { kind: "rejected", reason: "LatencyBudgetTooSmall", message });
    return false;
  });
  return { chains, rejected };
}

/** Takes away one chain after the other until a split of what was declared may fit; each step solves once. */
function admitDeclared(input: SplitInput, all: readonly RunnableChain[]): Admission {
  const demands = new Map(all.map(({ chain }) => [objectKey(chain), chain.demandBytesPerSecond ?? 0]));
  const rejected = new Map<string, RejectedChain>();
  let chains = all.filter(({ chain }) => chain.demandBytesPerSecond !== undefined);
  for (
    let step = solve({ ...input, demands }, chains);
    step && step.split.lowerBound > 1;
    step = solve({ ...input, demands }, chains)
  ) {
    const index = victimOf(step);
    const victim = step.chains[index];
    if (!victim) break;
    rejected.set(objectKey(victim.chain), doesNotFit(victim, step));
    chains = chains.filter((each) => each !== victim);
  }
  return { chains: all.filter(({ chain }) => !rejected.has(objectKey(chain))), rejected };
}

/** The last chain in precedence that loads the fullest resource. */
function victimOf({ problem, split }: SolvedChains): number {
  const bottleneck = problem.resources.findIndex(({ name }) => name === split.utilisation.bottleneck);
  return problem.graphs.findLastIndex((graph, chain) =>
    [...graph.vertices.keys()].some((vertex) =>
      arcsLeaving(graph, vertex).some((arc) => {
        const isUsed = (split.flows[chain]?.[arc] ?? 0) > 0;
        const loads = isUsed ? arcLoads(graph, vertex, arc, problem) : [];
        return loads.some(({ resource, amount }) => resource === bottleneck && amount > 0);
      }),
    ),
  );
}

function doesNotFit({ chain }: RunnableChain, { split }: SolvedChains): RejectedChain {
  const percent = Math.round(split.lowerBound * 100);
  const message =
    `spec.demand.bytesPerSecond: ${chain.demandBytesPerSecond} does not fit beside chains that go before it: ` +
    `${split.utilisation.bottleneck} is the bottleneck, and no split keeps everything below ${percent} %`;
  return { kind: "rejected", reason: "DemandDoesNotFit", message };
}

function solve(input: SplitInput, chains: readonly RunnableChain[]): SolvedChains | undefined {
  if (chains.length === 0) return undefined;
  const network = chainNetwork({ ...input, chains });
  const solved = input.answers.answerTo(network, () => solveNetwork(network, input));
  return solved && { ...solved, chains };
}

/** The split before is where the gradient solver begins: most changes of a cluster are small. */
function solveNetwork(network: SplitNetwork, input: SplitInput): SolvedNetwork | undefined {
  const prepared = splitProblemOf(network);
  if (prepared.kind === "unreachable") return undefined;
  const { problem } = prepared;
  const { answers, clock, variablesMax, splitMsMax } = input;
  const before = answers.newest;
  const dueMs = clock.nowMs() + splitMsMax;
  const solve = solverNamed("auto", { variablesMax, isOverdue: () => clock.nowMs() >= dueMs });
  const split = certifiedSplit(problem, solve, { earlier: before && { ...before.split, problem: before.problem } });
  if (split.kind !== "certified") return undefined;
  const reason = split.remark === undefined ? "" : ` (${split.remark})`;
  const quality = `the ${split.solver} solver's split is at most ${gapPercent(split)} % above the optimum`;
  return { problem, split, proof: `${quality}${reason}` };
}

/** Rounded up, so that it stays true. */
function gapPercent({ utilisation, lowerBound }: CertifiedSplit): string {
  const gap = lowerBound > 0 ? utilisation.max / lowerBound - 1 : 0;
  return (Math.ceil(gap * 1000 - 1e-6) / 10).toFixed(1);
}
