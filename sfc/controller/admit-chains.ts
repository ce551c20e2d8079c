/** Which chains may run: those whose declared demands fit together, by priority, each within its latency budget. */
import { arcLoads, arcsLeaving } from "../../core/graph/layered-arcs.ts";
import { boundParts } from "../solver/certificate.ts";
import { type FitSample, largestFit } from "../solver/largest-fit.ts";
import { splitProblemOf, type UnreachableChain } from "../solver/split-problem.ts";
import { chainNetwork, type NetworkInput, processingDelayMs } from "./chain-network.ts";
import { objectKey } from "./cluster-state.ts";
import type { RejectedChain, RunnableChain } from "./examine-chain.ts";
import { type SolvedNetwork, type SolveInput, solveNetwork } from "./solve-network.ts";

export type AdmissionInput = Omit<NetworkInput, "demands" | "chains"> & SolveInput;

/** By the chain's `namespace/name`. */
export type Rejections = ReadonlyMap<string, RejectedChain>;

/** How many chains are told what would have fitted: each takes some splits to find. */
const FITS_MAX = 10;

/** Chains that no way leads along within their latency budget. */
export function beyondLatency(chains: readonly RunnableChain[], input: AdmissionInput): Rejections {
  const rejected = new Map<string, RejectedChain>();
  for (const runnable of chains) {
    // Without a budget a tree of links has a way for everybody.
    if (runnable.chain.latencyBudgetMs === undefined) continue;
    const prepared = splitProblemOf(chainNetwork({ ...input, demands: new Map(), chains: [runnable] }));
    if (prepared.kind === "unreachable") rejected.set(objectKey(runnable.chain), budgetTooSmall(runnable, prepared));
  }
  return rejected;
}

/**
 * Turned away one after the other, in order of precedence from the last, until a split of what was declared may fit; then told
 * how much of their demand would.
 */
export function beyondCapacity(chains: readonly RunnableChain[], input: AdmissionInput): Rejections {
  const demands = new Map(chains.map(({ chain }) => [objectKey(chain), chain.demandBytesPerSecond ?? 0]));
  const victims: Victim[] = [];
  let admitted = chains.filter(({ chain }) => chain.demandBytesPerSecond !== undefined);
  let last: SolvedNetwork | undefined;
  while (admitted.length > 0) {
    last = solveNetwork(chainNetwork({ ...input, demands, chains: admitted }), input, last);
    const index = last && last.split.lowerBound > 1 ? victimOf(last) : -1;
    const runnable = admitted[index];
    if (!last || !runnable) break;
    const { utilisation, lowerBound } = last.split;
    victims.push({ runnable, bottleneck: utilisation.bottleneck ?? "", lowerBound });
    admitted = admitted.filter((each) => each !== runnable);
  }
  return new Map(
    victims.map((victim, order): [string, RejectedChain] => {
      const fits = order < FITS_MAX ? fitOf(victim.runnable, { admitted, demands, input }) : undefined;
      return [objectKey(victim.runnable.chain), doesNotFit(victim, fits)];
    }),
  );
}

interface Victim {
  readonly runnable: RunnableChain;
  readonly bottleneck: string;
  /** Of all that was declared when it was turned away. */
  readonly lowerBound: number;
}

/** The last chain in precedence that loads the fullest resource. */
function victimOf({ problem, split }: SolvedNetwork): number {
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

interface FitContext {
  readonly admitted: readonly RunnableChain[];
  readonly demands: ReadonlyMap<string, number>;
  readonly input: AdmissionInput;
}

/** Bytes per second beside those that were admitted. */
function fitOf(runnable: RunnableChain, { admitted, demands, input }: FitContext): number {
  const key = objectKey(runnable.chain);
  const chains = [...admitted, runnable];
  let last: SolvedNetwork | undefined;
  return largestFit(demands.get(key) ?? 0, (demand): FitSample | undefined => {
    const network = chainNetwork({ ...input, demands: new Map(demands).set(key, demand), chains });
    last = solveNetwork(network, input, last);
    if (!last) return undefined;
    const { utilisation, lowerBound, resourceWeights } = last.split;
    const part = boundParts(last.problem, resourceWeights).at(-1) ?? 0;
    return { maxUtilisation: utilisation.max, lowerBound, boundPerByte: part / demand };
  });
}

function doesNotFit({ runnable: { chain }, bottleneck, lowerBound }: Victim, fits: number | undefined): RejectedChain {
  const percent = Math.round(lowerBound * 100);
  const largest = fits === undefined ? "" : `; ${fits > 0 ? `${roundedDown(fits)} would fit` : "nothing would fit"}`;
  const message =
    `spec.demand.bytesPerSecond: ${chain.demandBytesPerSecond} does not fit beside chains that go before it: ` +
    `${bottleneck} is the bottleneck, and no split keeps everything below ${percent} %${largest}`;
  return { kind: "rejected", reason: "DemandDoesNotFit", message };
}

/** To three digits, which is finer than it is known. */
function roundedDown(demand: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(demand)) - 2);
  return Math.floor(demand / unit) * unit;
}

function budgetTooSmall(runnable: RunnableChain, { source, shortestWay }: UnreachableChain): RejectedChain {
  const processingMs = processingDelayMs(runnable);
  const linksMs = shortestWay.reduce((sum, { latencyMs }) => sum + latencyMs, 0);
  const slowest = shortestWay.reduce((a, b) => (b.latencyMs > a.latencyMs ? b : a), { from: "", to: "", latencyMs: 0 });
  const hop =
    slowest.latencyMs > 0 ? `, most of it from ${slowest.from} to ${slowest.to}: ${ms(slowest.latencyMs)}` : "";
  const message =
    `spec.latencyBudgetMs: ${runnable.chain.latencyBudgetMs} ms is less than the shortest way from node ${source} takes: ` +
    `functions alone take ${ms(processingMs)}, and links ${ms(linksMs)}${hop}`;
  return { kind: "rejected", reason: "LatencyBudgetTooSmall", message };
}

function ms(value: number): string {
  return `${Number(value.toFixed(3))} ms`;
}
