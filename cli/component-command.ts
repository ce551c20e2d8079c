/** What all long-running commands share: where their configuration comes from, how they log, how they end. */
import { flushCompileCache } from "node:module";
import { type Command, Option } from "commander";
import { messageOf } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import { createSystemClock } from "../platform/clock/system-clock.ts";
import { createLog, type LogLevel, logLevels } from "../platform/log/pino-log.ts";
import { type ConfigSchema, readConfig } from "../platform/yaml/read-config.ts";
import { runUntilSignal } from "./run-until-signal.ts";

export interface Component<Config, Options> {
  readonly name: string;
  readonly summary: string;
  readonly loadSchema: () => Promise<ConfigSchema<Config>>;
  /** Options besides those that every component has. */
  readonly addOptions?: (command: Command) => Command;
  /** Starts it; the answer stops it. */
  readonly start: (config: Config, deps: ComponentDeps, options: Options) => Promise<() => Promise<unknown>>;
}

export interface ComponentDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
}

interface CommonOptions {
  readonly config?: string;
  readonly set: readonly string[];
  readonly logLevel: LogLevel;
}

/** Adds the subcommand. Its configuration is read and checked before anything starts. */
export function addComponent<Config, Options>(program: Command, component: Component<Config, Options>): void {
  const { name, summary, loadSchema, addOptions = (command) => command, start } = component;
  const command = withConfigOptions(program.command(name).description(summary)).addOption(
    new Option("--log-level <level>", "least important lines that are logged").choices(logLevels).default("info"),
  );
  addOptions(command).action(async (options: CommonOptions & Options) => {
    const config = readConfig(await loadSchema(), options);
    const log = createLog({ level: options.logLevel, name });
    const stop = await start(config, { log, clock: createSystemClock(), random: Math.random }, options);
    // Where NODE_COMPILE_CACHE names a folder; it would be written only when the process ends.
    flushCompileCache();
    await runUntilSignal(log, stop);
  });
}

export function withConfigOptions(command: Command): Command {
  return command
    .option("--config <file>", "configuration, YAML or JSON; the component's README lists the keys")
    .option("--set <key=value>", "one key of the configuration, over the file's (repeatable)", append, []);
}

function append(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Ends several things one after another, and goes on where one of them fails. */
export function stopInOrder(log: Log, stops: readonly (() => Promise<unknown> | undefined)[]): () => Promise<void> {
  return async () => {
    for (const stop of stops)
      await stop()?.catch((error: unknown) => log.error("stop failed", { reason: messageOf(error) }));
  };
}
