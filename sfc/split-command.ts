/** `weft split`: reads a network, splits its chains, writes the answer. */
import { readFile, stat, writeFile } from "node:fs/promises";
import type { HopWeight } from "../core/model/chain.ts";
import { present } from "../core/model/invariant.ts";
import type { SplitNetwork } from "../core/model/split-network.ts";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { parseSplitNetwork } from "../platform/schema/split-network.ts";
import { type CertifiedSplit, certifiedSplit } from "./solver/certified-split.ts";
import { checkWays } from "./solver/checker.ts";
import { type SolverName, solverNamed } from "./solver/solvers.ts";
import { type SplitProblem, splitProblemOf } from "./solver/split-problem.ts";
import { waysOf } from "./solver/ways.ts";
import { weightedHops } from "./solver/weights.ts";

export interface SplitCommand {
  readonly networkPath: string;
  readonly outPath: string;
  readonly solver?: SolverName;
  /** Above it `exact` refuses; more may take minutes. */
  readonly variablesMax?: number;
}

/** What is written to the file. */
export interface SplitAnswerFile {
  /** Largest utilisation of any link or instance; 1 is full. */
  readonly maxUtilisation: number;
  /** A true lower bound on the optimum. */
  readonly lowerBound: number;
  readonly iterations: number;
  readonly milliseconds: number;
  readonly chains: Readonly<Record<string, readonly SplitWay[]>>;
  /** Of 10,000, by chain and hop; the last hop is the destination. */
  readonly weights: Readonly<Record<string, readonly HopTable[]>>;
}

export interface SplitWay {
  readonly fraction: number;
  /** One for each function. */
  readonly instances: readonly string[];
}

type HopTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

const NETWORK_BYTES_MAX = 64 * 1024 * 1024;
const VARIABLES_MAX = 2000;

/** @throws WeftError network-invalid naming the field and the reason; solver-failed when the solver gives no good answer; config-invalid when the answer cannot be written. */
export async function runSplit(command: SplitCommand): Promise<SplitAnswerFile> {
  const network = await readNetwork(command.networkPath);
  const { solver = "exact", variablesMax = VARIABLES_MAX } = command;
  const startedMs = performance.now();
  const prepared = splitProblemOf(network);
  if (prepared.kind === "unreachable")
    throw new WeftError(
      "network-invalid",
      `chain ${prepared.chain}: no way leads from ${prepared.source} through its functions`,
    );
  const split = certifiedSplit(prepared.problem, solverNamed(solver, { variablesMax }));
  const answer = answerOf(prepared.problem, certified(split), performance.now() - startedMs);
  await writeAnswer(command.outPath, answer);
  return answer;
}

async function writeAnswer(path: string, answer: SplitAnswerFile): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(answer)}\n`);
  } catch (error) {
    throw new WeftError("config-invalid", `--out: ${messageOf(error)}`, { cause: error });
  }
}

async function readNetwork(path: string): Promise<SplitNetwork> {
  const parsed = parseSplitNetwork(await readJson(path));
  if (parsed.kind === "parsed") return parsed.value;
  const field = parsed.field === "" ? "" : `${parsed.field}: `;
  throw new WeftError("network-invalid", `${path}: ${field}${parsed.reason}`);
}

async function readJson(path: string): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size > NETWORK_BYTES_MAX) throw new Error(`${size} bytes, more than ${NETWORK_BYTES_MAX}`);
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new WeftError("network-invalid", `${path}: ${messageOf(error)}`, { cause: error });
  }
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

function answerOf({ network, graphs }: SplitProblem, split: CertifiedSplit, milliseconds: number): SplitAnswerFile {
  const ways = graphs.map((graph, index) => waysOf(graph, present(split.flows[index], "flows of a chain")));
  const named = new Map(network.chains.map(({ name }, index) => [name, ways[index] ?? []]));
  const verdict = checkWays(network, named);
  if (verdict.kind === "invalid") throw new WeftError("solver-failed", verdict.reason);
  const hops = graphs.map((graph, index) =>
    weightedHops(graph, present(split.flows[index], "flows"), (_, out) => out.map(() => 1)),
  );
  return {
    maxUtilisation: verdict.maxUtilisation,
    lowerBound: split.lowerBound,
    iterations: split.iterations,
    milliseconds,
    chains: byChain(network, ways, ({ fraction, instances }) => ({ fraction, instances })),
    weights: byChain(
      network,
      hops.map((each) => each.hops),
      tableOf,
    ),
  };
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
