/** The one shape in which every server of Weft refuses a request. */
import { type ErrorCode, WeftError } from "../../core/model/weft-error.ts";

export interface ErrorBody {
  readonly error: {
    readonly code: string;
    /** What is wrong of the request: a path into its body, or a parameter's name. */
    readonly field?: string;
    readonly message: string;
  };
}

/** A refusal that a route throws on purpose; any status but 5xx blames the request. */
export class HttpError extends Error {
  readonly statusCode: number;
  readonly code: string;
  readonly field: string | undefined;

  constructor({ statusCode, code, field, message }: HttpRefusal) {
    super(message);
    this.name = "HttpError";
    this.statusCode = statusCode;
    this.code = code;
    this.field = field;
  }
}

export interface HttpRefusal {
  readonly statusCode: number;
  readonly code: string;
  readonly field?: string | undefined;
  readonly message: string;
}

/** 400: the request's `field` is wrong, and why. */
export function requestInvalid(field: string | undefined, message: string): HttpError {
  return new HttpError({ statusCode: 400, code: "request-invalid", field, message });
}

/** 404: what the request names does not exist. */
export function notFound(message: string): HttpError {
  return new HttpError({ statusCode: 404, code: "not-found", message });
}

export function errorBody({ code, field, message }: Omit<HttpRefusal, "statusCode">): ErrorBody {
  return { error: { code, ...(field === undefined ? {} : { field }), message } };
}

/** What is answered to anything that a route, fastify's parser or its validator throws. Bugs are told nothing of. */
export function refusalOf(error: unknown): HttpRefusal {
  if (error instanceof HttpError) return error;
  if (error instanceof WeftError)
    return { statusCode: weftStatus[error.code] ?? 500, code: error.code, message: error.message };
  return frameworkRefusal(error) ?? { statusCode: 500, code: "internal", message: "internal error" };
}

const weftStatus: Partial<Record<ErrorCode, number>> = {
  "config-invalid": 400,
  "manifest-invalid": 400,
  "network-invalid": 400,
  "snapshot-rejected": 400,
  "kubernetes-conflict": 409,
  "kubernetes-refused": 422,
  "kubernetes-unavailable": 503,
  "limit-reached": 503,
  "snapshot-unavailable": 503,
  "telemetry-unavailable": 503,
  "telemetry-malformed": 503,
  "upstream-failed": 502,
};

const statusCodes: Readonly<Record<number, string>> = {
  404: "not-found",
  405: "method-not-allowed",
  408: "request-timeout",
  413: "body-too-large",
  414: "url-too-long",
  415: "media-type-unsupported",
};

/** What fastify itself throws has a status, a code that starts with FST_ERR, and of its validator a list of places. */
interface FrameworkError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly validation?: readonly { readonly instancePath: string }[];
}

function frameworkRefusal(thrown: unknown): HttpRefusal | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const error: FrameworkError = thrown;
  const isFastifys = error.validation !== undefined || (error.code?.startsWith("FST_ERR") ?? false);
  const statusCode = error.statusCode ?? 500;
  if (!isFastifys || statusCode >= 500) return undefined;
  const field = error.validation?.[0]?.instancePath.slice(1).replaceAll("/", ".") || undefined;
  const message = statusCode === 415 ? "only bodies of application/json are taken here" : error.message;
  return { statusCode, code: statusCodes[statusCode] ?? "request-invalid", field, message };
}
