/** Free routes of a mixture of two states: of each pair the ways of both, by what they carried. */
import { type FlowState, trafficOf } from "./flow-state.ts";
import type { RouteWay } from "./free-routes.ts";

export interface RoutesBefore {
  readonly traffic: ReturnType<typeof trafficOf>;
  /** By destination, then by origin. */
  readonly ways: readonly ReadonlyMap<number, readonly RouteWay[]>[];
}

export function rememberRoutes(state: FlowState): RoutesBefore {
  const { freeRoutes } = state.program;
  // Origins with traffic that has not been rerouted have their ways written down first.
  const traffic = freeRoutes.length > 0 ? trafficOf(state) : [];
  for (const [slot, routes] of freeRoutes.entries())
    for (const [node, amount] of traffic[slot]?.entries() ?? []) if (amount > 0) routes.waysFrom(node);
  return { traffic, ways: freeRoutes.map((routes) => routes.copyWays()) };
}

/** `part` of the state as it is, the rest of what was before; call it before flows are mixed. */
export function mixRoutes(state: FlowState, before: RoutesBefore, part: number): void {
  const { freeRoutes } = state.program;
  if (freeRoutes.length === 0) return;
  const now = rememberRoutes(state);
  for (const [slot, routes] of freeRoutes.entries()) {
    const origins = new Set([...(now.ways[slot]?.keys() ?? []), ...(before.ways[slot]?.keys() ?? [])]);
    for (const node of origins) {
      const [is, was] = [part * (now.traffic[slot]?.[node] ?? 0), (1 - part) * (before.traffic[slot]?.[node] ?? 0)];
      if (is + was === 0) continue;
      const scaled = (ways: readonly RouteWay[] | undefined, amount: number) =>
        (ways ?? []).map(({ links, share }) => ({ links, share: (share * amount) / (is + was) }));
      const ways = [...scaled(now.ways[slot]?.get(node), is), ...scaled(before.ways[slot]?.get(node), was)];
      routes.take(
        node,
        ways.filter(({ share }) => share > 0),
      );
    }
    routes.measureLatencies();
    state.potential.pairLatencyMs.set(routes.latencyMs, slot * state.program.nodeCount);
  }
  state.pairLoads.forget();
}
