import type { Command } from "commander";
import { runSites, type SitesAnswerFile } from "../../mesh-control/sites-command.ts";

interface SitesOptions {
  readonly sites: string;
  readonly out?: string;
}

export function addCommand(program: Command): void {
  program
    .command("sites")
    .description(
      "share what is over the capacities of a file's sites among their neighbours, with a proof that no sharing is better",
    )
    .requiredOption("--sites <file>", "sites with capacity and load, and the delays between them, JSON")
    .option("--out <file>", "where the answer goes, JSON")
    .action(async ({ sites, out }: SitesOptions) => {
      process.stdout.write(`${summaryOf(await runSites({ sitesPath: sites, outPath: out }))}\n`);
    });
}

function summaryOf({ excess, left, amountTimesDelay, transfers, leftAt }: SitesAnswerFile): string {
  const carried = excess - left;
  const meanMs = carried > 0 ? amountTimesDelay / carried : 0;
  const stays =
    left > 0 ? `; ${rounded(left)} find no room near enough (${leftAt.map(({ site }) => site).join(", ")})` : "";
  const lines = transfers.map(({ from, to, amount }) => `  ${from} > ${to}: ${rounded(amount)}`);
  return [
    `${rounded(carried)} of ${rounded(excess)} carried over ${rounded(meanMs)} ms on average, which is proved the least${stays}`,
    ...lines,
  ].join("\n");
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}
