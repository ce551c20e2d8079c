/** What Weft reads of a Gateway API HTTPRoute that is attached to Services (GAMMA; gateway-api.sigs.k8s.io, HTTPRoute v1). */
import type { HttpMatch } from "./traffic-match.ts";

export interface HttpRoute {
  readonly namespace: string;
  readonly name: string;
  /** Of two rules that are alike the older route's counts. ISO 8601, or empty. */
  readonly createdAt: string;
  /** The Services whose traffic it takes. */
  readonly parents: readonly RouteParent[];
  readonly rules: readonly HttpRouteRule[];
}

export interface RouteParent {
  readonly namespace: string;
  readonly service: string;
  /** Undefined is every port of the Service. */
  readonly port: number | undefined;
}

export interface HttpRouteRule {
  /** One is enough; an empty one is every request. At least one. */
  readonly matches: readonly HttpMatch[];
  /** Requests go to these by weight; without any, or without weight, they are answered 500. */
  readonly backends: readonly RouteBackend[];
}

export interface RouteBackend {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** At least 0, relative to the others. */
  readonly weight: number;
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
