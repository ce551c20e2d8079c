/** Asks the scheduler for something that it has learned from the proxies' counters. */
import { z } from "zod";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { readBounded } from "../platform/prometheus/read-bounded.ts";
import { parseWith } from "../platform/schema/parse-with.ts";

export interface SchedulerOptions {
  readonly schedulerUrl: string;
  readonly timeoutMs: number;
}

const BODY_BYTES_MAX = 64 * 1024 * 1024;

const freshness = z.looseObject({ isStale: z.boolean() });

/**
 * @param path such as `/v1/flows`, with its query
 * @param schema of the part of the answer that is read; the scheduler adds to it as it likes
 * @throws WeftError telemetry-unavailable when there is no answer, or one that is stale; telemetry-malformed when it is another
 */
export async function askScheduler<T>(
  { schedulerUrl, timeoutMs }: SchedulerOptions,
  path: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const url = new URL(path, schedulerUrl);
  const body = await readJson(url, timeoutMs, signal);
  if (parsed(url, freshness, body).isStale)
    throw new WeftError("telemetry-unavailable", `${url}: what the scheduler has read is stale`);
  return parsed(url, schema, body);
}

function parsed<T>(url: URL, schema: z.ZodType<T>, body: unknown): T {
  const answer = parseWith(schema, body);
  if (answer.kind === "parsed") return answer.value;
  throw new WeftError("telemetry-malformed", `${url}: ${answer.field}: ${answer.reason}`);
}

async function readJson(url: URL, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
  try {
    const { status, body } = await readBounded({ url, signal, timeoutMs, bodyBytesMax: BODY_BYTES_MAX });
    if (status < 200 || status > 299) throw new Error(`HTTP ${status}`);
    return JSON.parse(body);
  } catch (error) {
    const code = error instanceof SyntaxError ? "telemetry-malformed" : "telemetry-unavailable";
    throw new WeftError(code, `${url}: ${messageOf(error)}`, { cause: error });
  }
}
