/** `weft split`: reads a network, splits its chains, writes the answer. */
import { type HopWeight, hopWeightSum } from "../core/model/chain.ts";
import { present } from "../core/model/invariant.ts";
import type { NetworkRoute, SplitNetwork } from "../core/model/split-network.ts";
import { WeftError } from "../core/model/weft-error.ts";
import { readJsonFile, writeJsonFile } from "../platform/schema/json-file.ts";
import { parseSplitNetwork } from "../platform/schema/split-network.ts";
import { type CertifiedSplit, certifiedSplit } from "./solver/certified-split.ts";
import { checkFlows, checkSplit } from "./solver/check-split.ts";
import { variablesOf } from "./solver/exact/split-program.ts";
import { type HighsRuntime, loadHighs } from "./solver/exact/with-highs.ts";
import { integerWeights } from "./solver/integer-weights.ts";
import { type SolverName, solverNamed } from "./solver/solvers.ts";
import { routedBy, type SplitProblem, splitProblemOf, type UnreachableChain } from "./solver/split-problem.ts";
import { utilisationOf } from "./solver/utilisation.ts";
import { weightedHops } from "./solver/weighted-hops.ts";

export interface SplitCommand {
  readonly networkPath: string;
  readonly outPath: string;
  /** `auto` unless told. */
  readonly solver?: SolverName;
  /** Above it `exact` refuses, where more may take minutes, and `auto` takes the gradient solver. */
  readonly variablesMax?: number;
  /** After it the gradient solver answers with what it has. */
  readonly millisecondsMax?: number;
  /** What the integer weights of one `from` sum to; 10,000 unless told. */
  readonly weightSum?: number;
}

/** What is written to the file. */
export interface SplitAnswerFile {
  /** Largest utilisation of any link or instance; 1 is full. */
  readonly maxUtilisation: number;
  /** Name of the fullest link or instance; absent where nothing is limited. */
  readonly bottleneck?: string;
  /** A true lower bound on the optimum. */
  readonly lowerBound: number;
  readonly iterations: number;
  readonly milliseconds: number;
  readonly solver: string;
  /** Largest utilisation that the integer weights come to. */
  readonly weightsUtilisation: number;
  /** By how much that is more than `maxUtilisation`, as a part of it. */
  readonly weightsLoss: number;
  readonly chains: Readonly<Record<string, readonly SplitWay[]>>;
  /** Where routes are free: those chosen, of each pair of nodes that has traffic. */
  readonly routes?: readonly NetworkRoute[];
  /** By chain and hop; the last hop is the destination. */
  readonly weights: Readonly<Record<string, readonly HopTable[]>>;
}

export interface SplitWay {
  readonly fraction: number;
  /** One for each function. */
  readonly instances: readonly string[];
}

type HopTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Of the exact solver when it is asked for, and up to which it is quicker to wait for than it is worth to do without. */
const EXACT_VARIABLES_MAX = 50_000;
const AUTO_VARIABLES_MAX = 1000;
const MILLISECONDS_MAX = 60_000;

/** @throws WeftError network-invalid naming the field and the reason; solver-failed when the solver gives no good answer; config-invalid when the answer cannot be written. */
export async function runSplit(command: SplitCommand): Promise<SplitAnswerFile> {
  const network = await readJsonFile(command.networkPath, parseSplitNetwork, "network-invalid");
  const { solver = "auto", millisecondsMax = MILLISECONDS_MAX, weightSum = hopWeightSum } = command;
  const { variablesMax = solver === "exact" ? EXACT_VARIABLES_MAX : AUTO_VARIABLES_MAX } = command;
  const startedMs = performance.now();
  const isOverdue = () => performance.now() - startedMs >= millisecondsMax;
  const prepared = splitProblemOf(network);
  if (prepared.kind === "unreachable") throw new WeftError("network-invalid", unreachable(prepared));
  const { problem } = prepared;
  const isExact = solver === "exact" || (solver === "auto" && variablesOf(problem) <= variablesMax);
  const highs: HighsRuntime | undefined = isExact ? await loadHighs() : undefined;
  const secondsMax = millisecondsMax / 1000;
  const split = certified(certifiedSplit(problem, solverNamed(solver, { variablesMax, highs, secondsMax, isOverdue })));
  const milliseconds = performance.now() - startedMs;
  const answer = { ...answerOf(problem, split, weightSum), milliseconds, solver: split.solver ?? solver };
  await writeJsonFile("--out", command.outPath, answer);
  return answer;
}

function unreachable({ chain, source, shortestWay }: UnreachableChain): string {
  if (shortestWay.length === 0) return `chain ${chain}: no way leads from ${source} through its functions`;
  const shortestMs = shortestWay.reduce((sum, { latencyMs }) => sum + latencyMs, 0);
  const slowest = shortestWay.reduce((a, b) => (b.latencyMs > a.latencyMs ? b : a));
  const hop = `of which the hop from ${slowest.from} to ${slowest.to} takes ${slowest.latencyMs} ms`;
  return `chain ${chain}: latencyMsMax: the shortest way from ${source} takes ${shortestMs} ms, ${hop}`;
}

function certified(split: ReturnType<typeof certifiedSplit>): CertifiedSplit {
  switch (split.kind) {
    case "certified":
      return split;
    case "too-large":
      throw new WeftError(
        "solver-failed",
        `the network has ${split.variables} variables, more than the ${split.variablesMax} that the exact solver takes; another solver may do`,
      );
    case "failed":
      throw new WeftError("solver-failed", split.reason);
  }
}

function answerOf(
  problem: SplitProblem,
  split: CertifiedSplit,
  weightSum: number,
): Omit<SplitAnswerFile, "milliseconds" | "solver"> {
  const { network, graphs } = problem;
  const { flows, routes, lowerBound, iterations, utilisation } = split;
  const checked = checkSplit(problem, split);
  if (checked.kind === "wrong") throw new WeftError("solver-failed", checked.reason);
  const routed = routedBy(problem, routes);
  const { weights, flows: rounded } = integerWeights(routed, flows, { sum: weightSum, spare: equalParts });
  const weightsUtilisation = utilisationOf(routed, rounded).max;
  const checkedWeights = checkFlows(problem, { flows: rounded, routes }, weightsUtilisation);
  if (checkedWeights.kind === "wrong") throw new WeftError("solver-failed", `weights: ${checkedWeights.reason}`);
  // Chain by chain, since the hops of all together may be a million.
  const tables = graphs.map((graph, index) => weightedHops(graph, present(weights[index], "weights")).map(tableOf));
  const maxUtilisation = utilisation.max;
  return {
    maxUtilisation,
    ...(utilisation.bottleneck !== undefined && { bottleneck: utilisation.bottleneck }),
    lowerBound,
    iterations,
    weightsUtilisation,
    weightsLoss: maxUtilisation > 0 ? weightsUtilisation / maxUtilisation - 1 : 0,
    ...(routes && { routes }),
    chains: byChain(network, checked.ways, ({ fraction, instances }) => ({ fraction, instances })),
    weights: byChain(network, tables, (table) => table),
  };
}

/** For instances that the split leaves idle. */
function equalParts(_: unknown, leaving: readonly number[]): readonly number[] {
  return leaving.map(() => 1);
}

function byChain<T, U>({ chains }: SplitNetwork, all: readonly (readonly T[])[], map: (value: T) => U) {
  return Object.fromEntries(chains.map(({ name }, index) => [name, (all[index] ?? []).map(map)]));
}

/** Without the zeros, which matter only where instances fail. */
function tableOf(weights: readonly HopWeight[]): HopTable {
  const table: Record<string, Record<string, number>> = {};
  for (const { from, to, weight } of weights) {
    if (weight === 0) continue;
    const row = table[from] ?? {};
    row[to] = weight;
    table[from] = row;
  }
  return table;
}
