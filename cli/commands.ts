/** The subcommands, in the order in which `weft --help` lists them, each loaded only when it is asked for. */
import type { Command } from "commander";

interface CommandModule {
  addCommand(program: Command): void;
}

const modules: Readonly<Record<string, () => Promise<CommandModule>>> = {
  lab: () => import("./commands/lab.ts"),
  proxy: () => import("./commands/proxy.ts"),
  intercept: () => import("./commands/intercept.ts"),
  control: () => import("./commands/control.ts"),
  scheduler: () => import("./commands/scheduler.ts"),
  explain: () => import("./commands/explain.ts"),
  sfc: () => import("./commands/sfc.ts"),
  chain: () => import("./commands/chain.ts"),
  tap: () => import("./commands/tap.ts"),
  split: () => import("./commands/split.ts"),
  sites: () => import("./commands/sites.ts"),
  plan: () => import("./commands/plan.ts"),
  sample: () => import("./commands/sample.ts"),
  generate: () => import("./commands/generate.ts"),
};

/** Adds the one subcommand that the command line names, or all of them for help. */
export async function addCommands(program: Command, firstArgument: string | undefined): Promise<void> {
  const named =
    firstArgument !== undefined && Object.hasOwn(modules, firstArgument) ? modules[firstArgument] : undefined;
  for (const load of named ? [named] : Object.values(modules)) (await load()).addCommand(program);
}
