import type { RouteName, RouteParentStatus } from "../model/route-status.ts";

export interface RouteStatusWriter {
  /**
   * Has the route's status say this of its parents, in place of what Weft said before; what other controllers say stays. Nothing is
   * written where it says so already, and of a route that has changed since, or is gone. @throws WeftError kubernetes-*
   */
  writeParents(route: RouteName, parents: readonly RouteParentStatus[]): Promise<void>;
}
