/** The basic step: some replicas of a service go to a node of one of its peers, or to any node. */
import { makeRoom } from "./make-room.ts";
import type { Walk } from "./walk.ts";

const ANYWHERE = 0.05;

export function relocate(walk: Walk): void {
  const { state, random } = walk;
  const side = walk.drawSide();
  const service = walk.sideOf[side] as number;
  const from = walk.drawHost(service);
  const peer = walk.otherOf[side] as number;
  const isAnywhere = peer === service || random.next() < ANYWHERE;
  const to = isAnywhere ? random.below(state.problem.nodeCount) : walk.drawBeside(peer);
  const movable = state.movable(service, from);
  if (from === to || movable <= 0) return;
  const count = drawCount(walk, { service, to, peer, movable });
  if (state.allows(service, to, count)) tryRelocation(walk, { service, from, to, count });
}

export interface Relocation {
  readonly service: number;
  readonly from: number;
  readonly to: number;
  /** Replicas that may leave `from`, and that `to` allows. */
  readonly count: number;
}

export function tryRelocation(walk: Walk, relocation: Relocation): void {
  const { state } = walk;
  const { service, from, to, count } = relocation;
  const within = state.meetingOf(from, to);
  const taken = state.gainOfTake(service, from, count, within);
  const put = state.gainOfPut(service, to, count, within);
  walk.begin();
  if (!state.fitsMoved(relocation)) {
    if (walk.isPromising(taken + put)) makeRoom(walk, relocation);
  } else if (
    walk.isAcceptable(taken + put, state.movedBy(relocation)) ||
    (state.excess > 0 && isMending(walk, relocation))
  ) {
    state.take(service, from, count, taken);
    state.put(service, to, count, put);
  }
}

/** What is broken and gets better does so at any price but that of too many moves. */
function isMending({ state, movesMax }: Walk, relocation: Relocation): boolean {
  const { service, from, to, count } = relocation;
  return (
    state.excessAfter(service, from, to, count) < state.excess &&
    state.moved + Math.max(0, state.movedBy(relocation)) <= movesMax
  );
}

interface Choice {
  readonly service: number;
  readonly to: number;
  readonly peer: number;
  readonly movable: number;
}

/** One, all, as many as match the peer's share there, or any number. */
function drawCount({ state, random }: Walk, { service, to, peer, movable }: Choice): number {
  if (movable === 1) return 1;
  const draw = random.next();
  if (draw < 0.3) return movable;
  if (draw < 0.6) {
    const matching = Math.round(state.shareOf(peer, to) * (state.problem.replicas[service] as number));
    return Math.min(movable, Math.max(1, matching - state.countOf(service, to)));
  }
  return draw < 0.7 ? 1 + random.below(movable) : 1;
}
