/** What an HTTPRoute has done to requests besides sending them on (gateway-api.sigs.k8s.io, HTTPRouteFilter, HTTPRouteTimeouts, HTTPRouteRetry). */

export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** First every line of a name in `removed` goes, then `added` comes behind the last line. */
export interface HeaderChange {
  /** In lower case. */
  readonly removed: readonly string[];
  readonly added: readonly HeaderLine[];
}

export type PathChange =
  | { readonly type: "Full"; readonly value: string }
  /** The request's path begins with `prefix`; `value` may be empty. */
  | { readonly type: "Prefix"; readonly prefix: string; readonly value: string };

export interface RequestChanges {
  readonly request?: HeaderChange | undefined;
  readonly response?: HeaderChange | undefined;
  /** Goes in place of `Host`. */
  readonly host?: string | undefined;
  readonly path?: PathChange | undefined;
}

export const redirectStatusCodes = [301, 302, 303, 307, 308] as const;

/** What is absent is as the request has it. */
export interface RequestRedirect {
  readonly statusCode: (typeof redirectStatusCodes)[number];
  readonly scheme?: "http" | "https" | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: PathChange | undefined;
}

/** Absent is no limit. */
export interface RequestTimeouts {
  /** From the request's head until its response is whole, with all that is tried in between, ms. */
  readonly requestMs?: number | undefined;
  /** The same of one attempt, ms. */
  readonly attemptMs?: number | undefined;
}

export interface RetryPolicy {
  /** Answers that are taken for failures. Connections that break off, and attempts that take too long, always are. */
  readonly statusCodes: readonly number[];
  /** After the first attempt, at least 1. */
  readonly retriesMax: number;
  /** Least wait before the first retry, ms; it doubles with each. */
  readonly backoffMs: number;
}

/** A request that is not answered within `afterMs` goes to a second endpoint, too; the first answer counts, and the other is given up. */
export interface HedgePolicy {
  readonly afterMs: number;
}

/** Requests that bring what an answer gave to their client go to the endpoint that gave it (gateway-api.sigs.k8s.io, GEP-1619). */
export interface SessionPersistence {
  readonly carrier: "cookie" | "header";
  /** Of the cookie, or of the header in lower case. */
  readonly name: string;
  /** A session is over so long after it began, ms. Absent is never. */
  readonly absoluteMs?: number | undefined;
  /** And so long after its last answer, ms. */
  readonly idleMs?: number | undefined;
  /** Of a cookie with `absoluteMs`: it outlives the client's program. */
  readonly isPermanent?: boolean | undefined;
}

/** Of `percent` in a hundred requests. Delayed first, then aborted. */
export interface InjectedFault {
  readonly delay?: { readonly ms: number; readonly percent: number } | undefined;
  readonly abort?: { readonly statusCode: number; readonly percent: number } | undefined;
}

export const headerLinesMax = 16;
export const retriesMax = 10;
export const mirrorsMax = 4;

/** `Set` goes in place of every line of that name, `add` beside them. */
export interface HeaderModifier {
  readonly set?: readonly HeaderLine[] | undefined;
  readonly add?: readonly HeaderLine[] | undefined;
  readonly remove?: readonly string[] | undefined;
}

export function headerChangeOf({ set = [], add = [], remove = [] }: HeaderModifier): HeaderChange {
  return { removed: [...set.map(({ name }) => name), ...remove].map(lowerCase), added: [...set, ...add] };
}

/** As if `first` had been made, and then `second`. */
export function headerChangesInTurn(
  first: HeaderChange | undefined,
  second: HeaderChange | undefined,
): HeaderChange | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const left = first.added.filter(({ name }) => !second.removed.includes(name.toLowerCase()));
  return { removed: [...new Set([...first.removed, ...second.removed])], added: [...left, ...second.added] };
}

/** Of a rule and then of its backend, whose host and path count where both have one. */
export function changesInTurn(rule: RequestChanges, backend: RequestChanges): RequestChanges | undefined {
  const request = headerChangesInTurn(rule.request, backend.request);
  const response = headerChangesInTurn(rule.response, backend.response);
  const host = backend.host ?? rule.host;
  const path = backend.path ?? rule.path;
  const all = {
    ...(request && { request }),
    ...(response && { response }),
    ...(host !== undefined && { host }),
    ...(path && { path }),
  };
  return Object.keys(all).length === 0 ? undefined : all;
}

function lowerCase(text: string): string {
  return text.toLowerCase();
}
