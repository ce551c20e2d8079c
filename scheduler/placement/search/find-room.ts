/** A node for one replica, in O(nodes * peers): what a construction asks, and no search step. */
import type { PlacementState } from "./placement-state.ts";

/** The node where one replica, coming `from` another if that is said, gains most; of equal ones, that where least is left. -1 if there is no room. */
export function bestRoom(state: PlacementState, service: number, from = -1): number {
  let best = { node: -1, gain: 0, left: 0 };
  for (let node = 0; node < state.problem.nodeCount; node++) {
    if (node === from || !state.fits(service, node, 1)) continue;
    const gain = from < 0 ? state.gainOfPut(service, node, 1) : state.gainOfMove({ service, from, to: node, count: 1 });
    const candidate = { node, gain, left: state.leftOf(node) };
    const isBetter = candidate.gain > best.gain || (candidate.gain === best.gain && candidate.left < best.left);
    if (best.node < 0 || isBetter) best = candidate;
  }
  return best.node;
}

/**
 * A node where one replica fits after some that stand there have gone elsewhere, which they have when this returns.
 * -1 if there is none that takes at most `movesMax` moved replicas.
 */
export function roomByEjection(state: PlacementState, service: number, movesMax: number): number {
  const { problem } = state;
  for (let node = 0; node < problem.nodeCount; node++) {
    if (!state.allows(service, node, 1)) continue;
    const undo: (() => void)[] = [];
    while (!state.fits(service, node, 1) && state.moved < movesMax) {
      const ejected = ejectOne(state, node, service);
      if (!ejected) break;
      undo.push(ejected);
    }
    if (state.fits(service, node, 1)) return node;
    for (const back of undo.reverse()) back();
  }
  return -1;
}

/** Largest part of any node's resource that one replica needs. */
export function sizeOf({ resourceCount, request, capacity }: PlacementState["problem"], service: number): number {
  let size = 0;
  for (let r = 0; r < resourceCount; r++) {
    const need = request[service * resourceCount + r] ?? 0;
    let most = 0;
    for (let at = r; at < capacity.length; at += resourceCount) most = Math.max(most, capacity[at] ?? 0);
    if (need > 0) size = Math.max(size, need / most);
  }
  return size;
}

/** The guest that loses least and fits elsewhere goes there. @returns the way back. */
function ejectOne(state: PlacementState, node: number, service: number): (() => void) | undefined {
  const guests = guestsOf(state, node)
    .filter((guest) => guest !== service && state.movable(guest, node) > 0)
    .map((guest) => ({ guest, gain: state.gainOfTake(guest, node, 1) }))
    .sort((a, b) => b.gain - a.gain || a.guest - b.guest);
  for (const { guest } of guests) {
    const to = bestRoom(state, guest, node);
    if (to < 0) continue;
    moveOne(state, guest, node, to);
    return () => moveOne(state, guest, to, node);
  }
  return undefined;
}

export function moveOne(state: PlacementState, service: number, from: number, to: number): void {
  state.take(service, from, 1);
  state.put(service, to, 1);
}

export function guestsOf(state: PlacementState, node: number): number[] {
  const first = node * state.problem.serviceCount;
  return Array.from({ length: state.guests.sizeOf(node) }, (_, index) => state.guests.cellAt(node, index) - first);
}
