import { type Command, InvalidArgumentError, Option } from "commander";
import { type SolverName, solverNames } from "../../sfc/solver/solvers.ts";
import { runSplit, type SplitAnswerFile } from "../../sfc/split-command.ts";

interface SplitOptions {
  readonly network: string;
  readonly out: string;
  readonly solver: SolverName;
  readonly weightSum: "100" | "10000";
  readonly seconds: number;
}

const SECONDS_MAX = 24 * 60 * 60;

export function addCommand(program: Command): void {
  program
    .command("split")
    .description("split the chains of a network file over instances, with a proof of how good the split is")
    .requiredOption("--network <file>", "the network, JSON")
    .requiredOption("--out <file>", "where the answer goes, JSON")
    .addOption(new Option("--solver <name>", "how to split").choices(solverNames).default("auto"))
    .addOption(
      new Option("--weight-sum <sum>", "what the integer weights of one hop sum to")
        .choices(["100", "10000"])
        .default("10000"),
    )
    .option("--seconds <number>", "how long the solver may take; what it has by then counts", seconds, 60)
    .action(async ({ network, out, solver, weightSum, seconds: limit }: SplitOptions) => {
      const order = { networkPath: network, outPath: out, solver, millisecondsMax: 1000 * limit };
      const answer = await runSplit({ ...order, weightSum: Number(weightSum) });
      process.stdout.write(`${summaryOf(answer)}\n`);
    });
}

function summaryOf(answer: SplitAnswerFile): string {
  const { maxUtilisation, bottleneck, lowerBound, milliseconds, solver, weightsUtilisation, weightsLoss } = answer;
  const gap = (maxUtilisation === lowerBound ? 0 : 100 * (maxUtilisation / lowerBound - 1)).toFixed(2);
  const proof = `optimum at least ${lowerBound.toFixed(4)} (gap ${gap} %)`;
  const fullest = bottleneck === undefined ? "" : ` (${bottleneck})`;
  const loss = `${weightsLoss < 0 ? "" : "+"}${(100 * weightsLoss).toFixed(2)} %`;
  const weights = `integer weights come to ${weightsUtilisation.toFixed(4)} (${loss})`;
  return `largest utilisation ${maxUtilisation.toFixed(4)}${fullest}, ${proof}, ${milliseconds.toFixed(0)} ms by ${solver}; ${weights}`;
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value <= SECONDS_MAX))
    throw new InvalidArgumentError(`must be a number above 0 and up to ${SECONDS_MAX}`);
  return value;
}
