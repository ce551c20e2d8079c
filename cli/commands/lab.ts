import type { Command } from "commander";
import { Option } from "commander";
import { messageOf } from "../../core/model/weft-error.ts";
import { accidentOf } from "../../lab/accident.ts";
import { accidentTable } from "../../lab/accident-table.ts";
import { type LabConfig, labConfigSchema } from "../../lab/lab-config.ts";
import { manifestsFolder } from "../../lab/manifests-folder.ts";
import { resultTable } from "../../lab/result-table.ts";
import { runAccident } from "../../lab/run-accident.ts";
import { type LabDeps, runLab } from "../../lab/run-lab.ts";
import { sitePlanText } from "../../lab/site-plan-text.ts";
import { versionChangeText } from "../../lab/version-change.ts";
import { readWorld, type World } from "../../lab/world.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { createLog, type LogLevel, logLevels } from "../../platform/log/pino-log.ts";
import { readConfig } from "../../platform/yaml/read-config.ts";
import { withConfigOptions } from "../component-command.ts";
import { runUntilSignal } from "../run-until-signal.ts";

interface LabOptions {
  readonly manifests?: string;
  readonly config?: string;
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly keep?: boolean;
  readonly logLevel: LogLevel;
}

export function addCommand(program: Command): void {
  const command = program
    .command("lab")
    .description("run a whole small cluster on this machine and compare placements");
  withConfigOptions(command)
    .option("--manifests <folder>", "the cluster: Nodes, Deployments, Services, chains")
    .option("--json", "print the results as JSON")
    .option("--keep", "leave the last placement running, and print where to look at it")
    .addOption(
      new Option("--log-level <level>", "least important lines that are logged").choices(logLevels).default("error"),
    )
    .action(run);
}

async function run({ manifests, json = false, keep, ...options }: LabOptions): Promise<void> {
  const set = manifests === undefined ? options.set : [...options.set, `manifests=${JSON.stringify(manifests)}`];
  const read = readConfig(labConfigSchema, { ...options, set });
  const config = { ...read, manifests: manifestsFolder(read.manifests, process.cwd()) };
  const log = createLog({ level: options.logLevel, name: "lab", destination: process.stderr });
  const startedMs = performance.now();
  const progress = (line: string) =>
    process.stderr.write(`[${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s] ${line}\n`);
  const deps = { clock: createSystemClock(), log, random: Math.random, progress };
  const world = readWorld(config.manifests);
  const lab = await (accidentOf(world) ? meetAccident(world, config, deps) : comparePlacements(config, deps));
  process.stdout.write(json ? `${JSON.stringify(lab.results, null, 2)}\n` : `\n${lab.text}\n`);
  if (keep) {
    // What programs read is the results alone.
    const out = json ? process.stderr : process.stdout;
    for (const [name, url] of Object.entries(lab.urls)) out.write(`${name.padEnd(8)} ${url}\n`);
    return runUntilSignal(log, lab.stop);
  }
  await lab.stop().catch((error: unknown) => log.error("stop failed", { reason: messageOf(error) }));
}

/** What was found, for programs and for people, and what still runs. */
interface FinishedLab {
  readonly results: unknown;
  readonly text: string;
  readonly urls: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

async function comparePlacements(config: LabConfig, deps: LabDeps): Promise<FinishedLab> {
  const lab = await runLab(config, deps);
  const placements = lab.results;
  const versionChange = await lab.changeVersion().catch(async (error: unknown) => {
    await lab.stop();
    throw error;
  });
  const texts = [resultTable(placements), ...(versionChange ? [versionChangeText(versionChange)] : [])];
  return { ...lab, results: { placements, versionChange }, text: texts.join("\n\n") };
}

async function meetAccident(world: World, config: LabConfig, deps: LabDeps): Promise<FinishedLab> {
  const lab = await runAccident(world, config, deps);
  const { result, plan } = lab;
  const text = [accidentTable(result), ...plan.services.map(sitePlanText)].join("\n\n");
  return { ...lab, results: { ...result, ...plan }, text };
}
