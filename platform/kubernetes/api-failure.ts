/** What the API server's refusals mean to Weft. */
import { type ErrorCode, WeftError } from "../../core/model/weft-error.ts";

/** One answer of the API server, whatever its status. */
export interface ApiAnswer {
  readonly statusCode: number;
  /** Parsed JSON; text where an error was answered as something else. */
  readonly body: unknown;
  /** What the server asks to wait before the next try. */
  readonly retryAfterMs: number | undefined;
}

/** The part of `meta/v1` Status that Weft reads. */
interface StatusObject {
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly StatusCause[] };
}

interface StatusCause {
  readonly field?: string;
  readonly message?: string;
}

const causesShownMax = 5;
const textShownMax = 300;

/** The answer's body if it went well. @throws WeftError as `failureOf` words it */
export function bodyOf(what: string, answer: ApiAnswer): unknown {
  if (isSuccess(answer)) return answer.body;
  throw failureOf(what, answer);
}

export function isSuccess({ statusCode }: ApiAnswer): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/**
 * A missing object is a conflict, since what was to be written has gone meanwhile. A refused login is `kubernetes-unavailable`:
 * rights and tokens come back without a change of the object.
 */
export function failureOf(what: string, answer: ApiAnswer): WeftError {
  return new WeftError(codeOf(answer.statusCode), `${what}: ${reasonOf(answer)} (HTTP ${answer.statusCode})`);
}

/** Whether the resource version asked for is gone from the server's history: as HTTP status, or as a watch's ERROR object. */
export function isExpired(body: unknown): boolean {
  const status = statusOf(body);
  return status.code === 410 || status.reason === "Expired" || status.reason === "Gone";
}

/** The server's words; where it names fields, those with their reasons. */
export function reasonOf({ body }: Pick<ApiAnswer, "body">): string {
  if (typeof body === "string") return body.trim().slice(0, textShownMax) || "no reason given";
  const status = statusOf(body);
  const causes = (status.details?.causes ?? []).filter(({ field }) => field).slice(0, causesShownMax);
  if (causes.length > 0) return causes.map(({ field, message = "is invalid" }) => `${field}: ${message}`).join("; ");
  return status.message ?? status.reason ?? "no reason given";
}

function codeOf(statusCode: number): ErrorCode {
  if (statusCode === 404 || statusCode === 409 || statusCode === 410) return "kubernetes-conflict";
  const isUnavailable = statusCode >= 500 || [401, 403, 408, 429].includes(statusCode);
  return isUnavailable ? "kubernetes-unavailable" : "kubernetes-refused";
}

function statusOf(body: unknown): StatusObject {
  return typeof body === "object" && body !== null ? body : {};
}
