import { type Command, Option } from "commander";
import { type SolverName, solverNames } from "../../sfc/solver/solvers.ts";
import { runSplit, type SplitAnswerFile } from "../../sfc/split-command.ts";

interface SplitOptions {
  readonly network: string;
  readonly out: string;
  readonly solver: SolverName;
  readonly weightSum: "100" | "10000";
}

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
    .action(async ({ network, out, solver, weightSum }: SplitOptions) => {
      const answer = await runSplit({ networkPath: network, outPath: out, solver, weightSum: Number(weightSum) });
      process.stdout.write(`${summaryOf(answer)}\n`);
    });
}

function summaryOf({ maxUtilisation, lowerBound, milliseconds, solver, weightsUtilisation }: SplitAnswerFile): string {
  const gap = (maxUtilisation === lowerBound ? 0 : 100 * (maxUtilisation / lowerBound - 1)).toFixed(2);
  const proof = `optimum at least ${lowerBound.toFixed(4)} (gap ${gap} %)`;
  const weights = `integer weights come to ${weightsUtilisation.toFixed(4)}`;
  return `largest utilisation ${maxUtilisation.toFixed(4)}, ${proof}, ${milliseconds.toFixed(0)} ms by ${solver}; ${weights}`;
}
