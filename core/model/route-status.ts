/** What Weft says of a route under `status.parents` (Gateway API, RouteParentStatus). */
import type { Condition } from "./condition.ts";
import type { HttpRoute, RouteParent } from "./http-route.ts";

/** Whose entries among the parents are Weft's own. */
export const routeController = "weft.dev/mesh-control";

export interface RouteParentStatus {
  readonly parent: RouteParent;
  readonly conditions: readonly Omit<Condition, "lastTransitionTime">[];
}

export type RouteName = Pick<HttpRoute, "kind" | "namespace" | "name" | "generation">;
