import pino from "pino";
import type { Log, LogFields } from "../../core/ports/log.ts";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  /** The lowest level that is written. */
  readonly level: LogLevel;
  /** The component; on every line as `component`. */
  readonly name: string;
  /** Takes whole lines; standard output unless told. */
  readonly destination?: { write(line: string): void };
}

/** Keys that every line has of its own; a field of that name is written with an underscore behind it. */
const ownKeys = new Set(["level", "time", "component", "msg"]);

/** One JSON object a line: `level` by name, `time` in ISO 8601, `component`, `msg`, and the fields. An Error as a field keeps its stack and cause. */
export function createLog({ level, name, destination }: LogOptions): Log {
  const options: pino.LoggerOptions = {
    level,
    base: { component: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  const logger = destination ? pino(options, destination) : pino(options);
  return {
    debug: (message, fields) => logger.debug(writable(fields), message),
    info: (message, fields) => logger.info(writable(fields), message),
    warn: (message, fields) => logger.warn(writable(fields), message),
    error: (message, fields) => logger.error(writable(fields), message),
  };
}

function writable(fields: LogFields = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      ownKeys.has(key) ? `${key}_` : key,
      value instanceof Error ? pino.stdSerializers.err(value) : value,
    ]),
  );
}
