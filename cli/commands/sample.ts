import { randomBytes } from "node:crypto";
import { Argument, type Command, Option } from "commander";
import { type SampleName, sampleCatalogue } from "../../cnf-samples/catalogue.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { createLog, type LogLevel, logLevels } from "../../platform/log/pino-log.ts";
import { readConfig } from "../../platform/yaml/read-config.ts";
import { withConfigOptions } from "../component-command.ts";
import { runUntilSignal } from "../run-until-signal.ts";

interface SampleOptions {
  readonly config?: string;
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly logLevel: LogLevel;
}

export function addCommand(program: Command): void {
  const names = Object.keys(sampleCatalogue);
  const command = program.command("sample").description("run one of the sample network functions");
  withConfigOptions(command.addArgument(new Argument("<name>", "which one").choices(names)))
    .option("--json", "print what a load generator found as JSON")
    .addOption(
      new Option("--log-level <level>", "least important lines that are logged").choices(logLevels).default("info"),
    )
    .action(run);
}

/** A sample with an end of its own prints what it found; the others run until they are stopped. */
async function run(name: SampleName, options: SampleOptions): Promise<void> {
  const sample = sampleCatalogue[name];
  const log = createLog({ level: options.logLevel, name });
  const clock = createSystemClock();
  const config = readConfig(sample.configSchema, options);
  const running = await sample.start(config, { nowMs: () => clock.nowMs(), randomBytes, log });
  log.info("sample runs", { ...running.addresses });
  if (!running.finished) return runUntilSignal(log, () => running.stop());
  await running.finished;
  const findings = options.json || !running.report ? JSON.stringify(running.statistics(), null, 2) : running.report();
  process.stdout.write(`${findings}\n`);
  await running.stop();
}
