/** Sends spans to a collector by OTLP/HTTP: `POST /v1/traces`, JSON (OTLP specification, section "OTLP/HTTP"). */
import { fetchReasonOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { PostResult } from "../observe/span-queue.ts";

/** OTLP specification, "Retryable Response Codes". */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024;

/** @param url of the collector, as `http://collector:4318`. Never throws. */
export async function postSpans(
  { nowMs }: Pick<Clock, "nowMs">,
  url: string,
  body: string,
  signal: AbortSignal,
): Promise<PostResult> {
  try {
    const response = await fetch(`${url.replace(/\/+$/, "")}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const text = await readAnswer(response);
    if (response.ok) return { kind: "taken", rejectedCount: rejectedCountOf(text) };
    const reason = `the collector answers ${response.status}`;
    if (!retryable.has(response.status)) return { kind: "refused", reason };
    return { kind: "later", reason, afterMs: retryAfterMs(response.headers.get("retry-after"), nowMs()) };
  } catch (error) {
    return { kind: "later", reason: fetchReasonOf(error), afterMs: undefined };
  }
}

async function readAnswer({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let byteCount = 0;
  for await (const piece of body ?? []) {
    byteCount += piece.length;
    if (byteCount > ANSWER_BYTES_MAX) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** `ExportTraceServiceResponse.partial_success`. */
function rejectedCountOf(text: string): number {
  try {
    const answer = JSON.parse(text) as { readonly partialSuccess?: { readonly rejectedSpans?: unknown } };
    const count = Number(answer.partialSuccess?.rejectedSpans ?? 0);
    return Number.isSafeInteger(count) && count >= 0 ? count : 0;
  } catch {
    // A collector that takes everything need not say anything.
    return 0;
  }
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfterMs(text: string | null, nowMs: number): number | undefined {
  if (text === null) return undefined;
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
