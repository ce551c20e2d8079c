import { type Command, Option } from "commander";
import { type SolverName, solverNames } from "../../sfc/solver/solvers.ts";
import { runSplit } from "../../sfc/split-command.ts";

interface SplitOptions {
  readonly network: string;
  readonly out: string;
  readonly solver: SolverName;
}

export function addCommand(program: Command): void {
  program
    .command("split")
    .description("split the chains of a network file over instances, with a proof of how good the split is")
    .requiredOption("--network <file>", "the network, JSON")
    .requiredOption("--out <file>", "where the answer goes, JSON")
    .addOption(new Option("--solver <name>", "how to split").choices(solverNames).default("exact"))
    .action(async ({ network, out, solver }: SplitOptions) => {
      const { maxUtilisation, lowerBound, milliseconds } = await runSplit({
        networkPath: network,
        outPath: out,
        solver,
      });
      const gap = (maxUtilisation === lowerBound ? 0 : 100 * (maxUtilisation / lowerBound - 1)).toFixed(2);
      process.stdout.write(
        `largest utilisation ${maxUtilisation.toFixed(4)}, optimum at least ${lowerBound.toFixed(4)} (gap ${gap} %), ${milliseconds.toFixed(0)} ms\n`,
      );
    });
}
