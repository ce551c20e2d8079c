/** What every sample function is: configured by one schema, started in this process, stopped when asked. */
import type { z } from "zod";
import { WeftError } from "../core/model/weft-error.ts";
import type { Log } from "../core/ports/log.ts";

export interface SampleDeps {
  /** Milliseconds since 1970; fractions make the load generator's latencies finer. */
  nowMs(): number;
  randomBytes(length: number): Uint8Array;
  readonly log: Log;
}

export interface RunningSample {
  /** `host:port` by what listens there: `sbi`, `n2`, `pfcp`, `gtpu`, `http`, `tcp`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Settles when a sample with an end of its own (the load generator) is done; absent: it runs until stopped. */
  readonly finished?: Promise<void>;
  /** Counters since the start, as plain JSON. */
  statistics(): Readonly<Record<string, unknown>>;
  /** The statistics as a table for people, where a sample has one. */
  report?(): string;
  /** Settles when everything is closed; may be called again. */
  stop(): Promise<void>;
}

export interface Sample {
  readonly summary: string;
  readonly configSchema: z.ZodType;
  /** Throws `config-invalid` naming the field, `listen-failed` naming the address. */
  start(config: unknown, deps: SampleDeps): Promise<RunningSample>;
}

export interface SampleDefinition<Schema extends z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly configSchema: Schema;
  start(config: z.output<Schema>, deps: SampleDeps): Promise<RunningSample>;
}

/** A sample whose configuration is checked before anything starts. */
export function defineSample<Schema extends z.ZodType>(definition: SampleDefinition<Schema>): Sample {
  const { name, summary, configSchema } = definition;
  return {
    summary,
    configSchema,
    start: async (config, deps) => stoppingOnce(await definition.start(parseConfig(name, configSchema, config), deps)),
  };
}

function stoppingOnce(sample: RunningSample): RunningSample {
  let stopped: Promise<void> | undefined;
  return {
    ...sample,
    stop: () => {
      stopped ??= sample.stop();
      return stopped;
    },
  };
}

function parseConfig<Schema extends z.ZodType>(name: string, schema: Schema, config: unknown): z.output<Schema> {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map((issue) => `${issue.path.join(".") || "configuration"}: ${issue.message}`);
  throw new WeftError("config-invalid", `${name}: ${reasons.join("; ")}`);
}
