/** What Weft reads of a Gateway API HTTPRoute or GRPCRoute that is attached to Services (GAMMA; gateway-api.sigs.k8s.io, HTTPRoute v1). */
import type {
  HedgePolicy,
  InjectedFault,
  RequestChanges,
  RequestRedirect,
  RequestTimeouts,
  RetryPolicy,
  SessionPersistence,
} from "./request-rule.ts";
import type { HttpMatch } from "./traffic-match.ts";

export interface HttpRoute {
  readonly kind: "HTTPRoute" | "GRPCRoute";
  readonly namespace: string;
  readonly name: string;
  /** Of two rules that are alike the older route's counts. ISO 8601, or empty. */
  readonly createdAt: string;
  /** Of the spec that was read. */
  readonly generation: number;
  /** The Services whose traffic it takes. */
  readonly parents: readonly RouteParent[];
  /** Those that can be carried out. */
  readonly rules: readonly HttpRouteRule[];
  /** Of what is left out. */
  readonly faults?: readonly RouteFault[] | undefined;
  /** Made on purpose, to every request that it takes. */
  readonly injected?: InjectedFault | undefined;
  /** Of every request that it takes; absent is never. */
  readonly hedge?: HedgePolicy | undefined;
}

/** Why a rule is left out, or without `rule` the route as a whole. */
export interface RouteFault {
  readonly rule?: number | undefined;
  /** A path into the object, such as `spec.rules[0].filters[1].type`. */
  readonly field: string;
  readonly reason: string;
}

export interface RouteParent {
  readonly namespace: string;
  readonly service: string;
  /** Undefined is every port of the Service. */
  readonly port: number | undefined;
}

export interface HttpRouteRule {
  /** Its place in the object. */
  readonly index: number;
  /** One is enough; an empty one is every request. At least one. */
  readonly matches: readonly HttpMatch[];
  /** Requests go to these by weight; without any, or without weight, they are answered 500. */
  readonly backends: readonly RouteBackend[];
  readonly changes?: RequestChanges | undefined;
  /** Then it has no backends. */
  readonly redirect?: RequestRedirect | undefined;
  readonly timeouts?: RequestTimeouts | undefined;
  readonly retry?: RetryPolicy | undefined;
  readonly mirrors?: readonly RouteMirror[] | undefined;
  readonly session?: SessionPersistence | undefined;
}

export interface RouteTarget {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

export interface RouteBackend extends RouteTarget {
  /** At least 0, relative to the others. */
  readonly weight: number;
  /** Made behind those of the rule. */
  readonly changes?: RequestChanges | undefined;
}

/** Gets copies of requests; what it answers goes nowhere. */
export interface RouteMirror extends RouteTarget {
  /** Of all requests, in a hundred; above 0. */
  readonly percent: number;
}

/**
 * Which match goes first, as the API defines it: an exact path, then the longer prefix, then one with a method, then the one with more headers.
 * @returns below 0 where `a` does
 */
export function compareMatches(a: HttpMatch, b: HttpMatch): number {
  const ranks = (match: HttpMatch) => {
    const [path] = match.paths ?? [];
    return [
      path?.type === "Exact" ? 1 : 0,
      path?.value.length ?? 0,
      match.methods === undefined ? 0 : 1,
      match.headers?.length ?? 0,
    ];
  };
  const [left, right] = [ranks(a), ranks(b)];
  for (const [index, rank] of left.entries()) {
    const difference = (right[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return 0;
}
