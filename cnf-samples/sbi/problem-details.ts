/** Answers of the service-based interface, with the errors of TS 29.500 clause 5.2.7 as RFC 9457 problems. */

export interface SbiReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON value; absent: no content. */
  readonly body?: unknown;
}

export interface InvalidParam {
  /** JSON pointer into the body, or the name of a path or query parameter. */
  readonly param: string;
  readonly reason: string;
}

export interface ProblemDetails {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Protocol or application error of TS 29.500 table 5.2.7.2-1 or of the service's own specification. */
  readonly cause: string;
  readonly invalidParams?: readonly InvalidParam[];
}

export const jsonType = "application/json";
export const jsonPatchType = "application/json-patch+json";
const problemType = "application/problem+json";

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  411: "Length Required",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

export function ok(body: unknown): SbiReply {
  return { status: 200, body };
}

export function created(location: string, body: unknown): SbiReply {
  return { status: 201, headers: { location }, body };
}

export const noContent: SbiReply = { status: 204 };

export function problem(
  status: number,
  cause: string,
  detail: string,
  invalidParams?: readonly InvalidParam[],
): SbiReply {
  const title = titles[status] ?? "Error";
  const body: ProblemDetails = { title, status, detail, cause, ...(invalidParams && { invalidParams }) };
  return { status, headers: { "content-type": problemType }, body };
}

export function isSuccess(reply: SbiReply): boolean {
  return reply.status >= 200 && reply.status < 300;
}

/** The cause a failed reply names, or its status where it names none. */
export function causeOf(reply: SbiReply): string {
  const { body } = reply;
  const cause = typeof body === "object" && body !== null && "cause" in body ? body.cause : undefined;
  return typeof cause === "string" ? cause : `STATUS_${reply.status}`;
}

/**
 * What a function answers when its own upstream failed: the subscriber's and the request's faults pass on as they are, the
 * upstream's own faults become this function's.
 */
export function relayFailure(reply: SbiReply): SbiReply {
  if (reply.status >= 400 && reply.body !== undefined) {
    return { status: reply.status, headers: { "content-type": problemType }, body: reply.body };
  }
  return problem(500, "SYSTEM_FAILURE", `an upstream answered ${reply.status}`);
}
