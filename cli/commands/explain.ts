import type { Command } from "commander";
import { askForExplanation } from "../../scheduler/explain-command.ts";
import { explainTable } from "../../scheduler/explain-table.ts";

interface ExplainOptions {
  readonly namespace: string;
  readonly schedulerUrl: string;
  readonly json?: boolean;
}

export function addCommand(program: Command): void {
  const command = program.command("explain").description("say why a pod was placed where it was");
  command
    .command("pod <name>")
    .description("every node's score and cost for a pod, by neighbour, and what kube-scheduler did with it")
    .option("-n, --namespace <name>", "the pod's namespace", "default")
    .option("--scheduler-url <url>", "where `weft scheduler` listens", "http://127.0.0.1:10270")
    .option("--json", "the whole answer, for programs")
    .action(async (pod: string, { namespace, schedulerUrl, json = false }: ExplainOptions) => {
      const explanation = await askForExplanation({ namespace, pod, schedulerUrl });
      process.stdout.write(json ? `${JSON.stringify(explanation, undefined, 2)}\n` : explainTable(explanation));
    });
}
