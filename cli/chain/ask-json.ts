/** Asks a component over HTTP for JSON of a known shape. */
import type { ZodType } from "zod";
import { type ErrorCode, messageOf, WeftError } from "../../core/model/weft-error.ts";
import { type BoundedAnswer, readBounded } from "../../platform/prometheus/read-bounded.ts";
import { parseWith } from "../../platform/schema/parse-with.ts";

export interface JsonQuestion<T> {
  readonly url: URL;
  /** Sent by POST when given. */
  readonly body?: unknown;
  readonly schema: ZodType<T>;
  readonly timeoutMs: number;
  /** How a failure calls whoever is asked. */
  readonly who: string;
}

const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** @throws WeftError chain-unknown for HTTP 404, telemetry-unavailable, telemetry-malformed */
export async function askJson<T>(question: JsonQuestion<T>): Promise<T> {
  const { url, schema, who } = question;
  const { status, body } = await answerOf(question);
  if (status !== 200) throw new WeftError(codeOf(status), `${who} at ${url.origin}: ${refusalOf(status, body)}`);
  const parsed = parseWith(schema, json(url, body));
  if (parsed.kind === "parsed") return parsed.value;
  throw new WeftError("telemetry-malformed", `${url}: ${parsed.field}: ${parsed.reason}`);
}

/** @throws WeftError config-invalid naming the `option` whose value is no URL */
export function urlUnder(base: string, path: string, option: string): URL {
  const url = URL.parse(path, base.endsWith("/") ? base : `${base}/`);
  if (url && ["http:", "https:"].includes(url.protocol)) return url;
  throw new WeftError("config-invalid", `${option}: "${base}" is not a URL such as http://127.0.0.1:10280`);
}

async function answerOf<T>({ url, body, timeoutMs, who }: JsonQuestion<T>): Promise<BoundedAnswer> {
  try {
    const { signal } = new AbortController();
    return await readBounded({ url, signal, timeoutMs, bodyBytesMax: BODY_BYTES_MAX, json: body });
  } catch (error) {
    const message = `${who} at ${url.origin} does not answer: ${messageOf(error)}`;
    throw new WeftError("telemetry-unavailable", message, { cause: error });
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 404) return "chain-unknown";
  return status === 400 ? "config-invalid" : "telemetry-unavailable";
}

/** Every server of Weft says why. */
function refusalOf(status: number, body: string): string {
  try {
    const { error } = JSON.parse(body) as { readonly error?: { readonly message?: unknown } };
    if (typeof error?.message === "string") return error.message;
  } catch {
    // Another server may say anything.
  }
  return `HTTP ${status}`;
}

function json(url: URL, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new WeftError("telemetry-malformed", `${url}: ${messageOf(error)}`, { cause: error });
  }
}
