import { bestRoom, moveOne, roomByEjection } from "./find-room.ts";
import type { PlacementState } from "./placement-state.ts";

/** Replicas go where less of spread and apart is broken, as long as any can and moves are left. */
export function mendRules(state: PlacementState, movesMax: number): void {
  for (let before = Number.POSITIVE_INFINITY; state.excess > 0 && state.excess < before; ) {
    before = state.excess;
    for (let service = 0; service < state.problem.serviceCount; service++)
      if (state.isBound(service)) mendService(state, service, movesMax);
  }
}

function mendService(state: PlacementState, service: number, movesMax: number): void {
  const { hosts } = state;
  const nodes = Array.from({ length: hosts.sizeOf(service) }, (_, host) => state.nodeOf(hosts.cellAt(service, host)));
  for (const node of nodes)
    while (state.excess > 0 && state.movable(service, node) > 0 && state.moved < movesMax) {
      const to = betterRoom(state, service, node, movesMax);
      if (to < 0) break;
      moveOne(state, service, node, to);
    }
}

function betterRoom(state: PlacementState, service: number, from: number, movesMax: number): number {
  const room = bestRoom(state, service, from);
  if (room >= 0 && state.excessAfter(service, from, room, 1) < state.excess) return room;
  return roomByEjection(state, { service, from, movesMax, isMending: true });
}
