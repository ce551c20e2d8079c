/** A node for one replica, in O(nodes * peers): what a construction asks, and no search step. */
import type { PlacementState } from "./placement-state.ts";

/**
 * The node where one replica, coming `from` another if that is said, leaves least of spread and apart broken; of equal ones,
 * where it gains most, and then where least is left. -1 if there is no room.
 */
export function bestRoom(state: PlacementState, service: number, from = -1): number {
  const relocation = { service, from, to: -1, count: 1 };
  let [best, leastExcess, mostGain, leastLeft] = [-1, Number.POSITIVE_INFINITY, 0, 0];
  for (let node = 0; node < state.problem.nodeCount; node++) {
    relocation.to = node;
    if (node === from || !(from < 0 ? state.fits(service, node, 1) : state.fitsMoved(relocation))) continue;
    const excess = state.excessAfter(service, from, node, 1);
    if (excess > leastExcess) continue;
    const gain = from < 0 ? state.gainOfPut(service, node, 1) : state.gainOfMove(relocation);
    const isEqual = excess === leastExcess;
    if (isEqual && gain < mostGain) continue;
    const left = state.leftOf(node);
    if (isEqual && gain === mostGain && left >= leastLeft) continue;
    [best, leastExcess, mostGain, leastLeft] = [node, excess, gain, left];
  }
  return best;
}

export interface RoomRequest {
  readonly service: number;
  /** Where the replica stands; -1 if nowhere yet. */
  readonly from: number;
  /** Most replicas that may be moved in all, this one among them. */
  readonly movesMax: number;
  /** Whether less of spread and apart has to be broken then, and not only no more. */
  readonly isMending: boolean;
}

/**
 * A node where one replica fits after some that are in its way have gone elsewhere, which they have when this returns.
 * -1 if there is none.
 */
export function roomByEjection(state: PlacementState, request: RoomRequest): number {
  const { service, from, movesMax, isMending } = request;
  const before = state.excess;
  const isGood = (node: number) =>
    isMending ? state.excessAfter(service, from, node, 1) < before : state.admits(service, from, node, 1);
  const ejectionsEnd = from < 0 ? movesMax : movesMax - 1;
  for (let node = 0; node < state.problem.nodeCount; node++) {
    if (node === from || !state.allows(service, node, 1)) continue;
    const undo: (() => void)[] = [];
    let isFit = false;
    for (;;) {
      const hasRoom = state.hasRoom(service, node, 1);
      isFit = hasRoom && isGood(node);
      if (isFit || state.moved >= ejectionsEnd) break;
      const ejected = hasRoom ? ejectOpponent(state, node, request) : ejectOne(state, node, service);
      if (!ejected) break;
      undo.push(ejected);
    }
    if (isFit) return node;
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

/** One replica that the service may not share a domain with goes where it is in its way no more. @returns the way back. */
function ejectOpponent(
  state: PlacementState,
  node: number,
  { service, from: at }: RoomRequest,
): (() => void) | undefined {
  const broken = () => state.excessAfter(service, at, node, 1) - state.excess;
  for (const cell of [...state.opponentsOf(service, node)]) {
    const from = state.nodeOf(cell);
    const opponent = cell - from * state.problem.serviceCount;
    if ((opponent === service && from === at) || state.movable(opponent, from) <= 0) continue;
    const before = broken();
    for (let to = 0; to < state.problem.nodeCount; to++) {
      if (to === from || !state.fitsMoved({ service: opponent, from, to, count: 1 })) continue;
      moveOne(state, opponent, from, to);
      if (broken() < before) return () => moveOne(state, opponent, to, from);
      moveOne(state, opponent, to, from);
    }
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
