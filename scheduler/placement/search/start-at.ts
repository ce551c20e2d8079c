/** The placement that a search begins with: what stands now, made good as far as it breaks limits, and what is pending put in. */
import { bestRoom, guestsOf, moveOne, roomByEjection, sizeOf } from "./find-room.ts";
import { mendRules } from "./mend-rules.ts";
import type { PlacementState } from "./placement-state.ts";

export type Start =
  | { readonly kind: "started" }
  /** No room was found for a replica of this service. */
  | { readonly kind: "no-room"; readonly service: number };

/**
 * A node that is over its capacity, or has replicas that may not be there, gives some away while moves are left and there is
 * room elsewhere; then services that are spread too unevenly, or stand with others that they may not be near. What cannot be made good stays as it is, and no step of a search makes it worse.
 *
 * @param state becomes the start, whatever it was before.
 */
export function startAt(state: PlacementState, movesMax: number): Start {
  const { problem } = state;
  state.become(problem.initial);
  mendNodes(state, movesMax);
  const service = placePending(state, movesMax);
  mendRules(state, movesMax);
  // What had to go from a node may have been refused elsewhere until then.
  if (problem.rules !== undefined) mendNodes(state, movesMax);
  if (service < 0) return { kind: "started" };
  return movesMax === Number.POSITIVE_INFINITY ? repack(state) : { kind: "no-room", service };
}

function mendNodes(state: PlacementState, movesMax: number): void {
  for (let node = 0; node < state.problem.nodeCount; node++) {
    evict(state, node, movesMax);
    relieve(state, node, movesMax);
  }
}

/** Replicas where there may be fewer of them, or none. */
function evict(state: PlacementState, node: number, movesMax: number): void {
  for (const service of guestsOf(state, node))
    while (!state.allows(service, node, 0) && state.movable(service, node) > 0 && state.moved < movesMax) {
      const room = bestRoom(state, service, node);
      const to = room < 0 ? roomByEjection(state, { service, from: node, movesMax, isMending: false }) : room;
      if (to < 0) break;
      moveOne(state, service, node, to);
    }
}

/** What loses least for what it frees goes first. */
function relieve(state: PlacementState, node: number, movesMax: number): void {
  const { resourceCount, request } = state.problem;
  for (let r = 0; r < resourceCount; r++) {
    const need = (service: number) => request[service * resourceCount + r] ?? 0;
    const byLoss = guestsOf(state, node)
      .filter((service) => need(service) > 0)
      .map((service) => ({ service, gain: state.gainOfTake(service, node, 1) / need(service) }))
      .sort((a, b) => b.gain - a.gain || a.service - b.service);
    for (const { service } of byLoss)
      while (isOver(state, node, r) && state.movable(service, node) > 0 && state.moved < movesMax) {
        const to = bestRoom(state, service, node);
        if (to < 0) break;
        moveOne(state, service, node, to);
      }
  }
}

function isOver({ free, problem: { resourceCount } }: PlacementState, node: number, resource: number): boolean {
  return (free[node * resourceCount + resource] ?? 0) < 0;
}

/** Those that rules keep from each other first, then large ones, each where it gains most. @returns the first service that found no room, or -1. */
function placePending(state: PlacementState, movesMax: number): number {
  const { problem } = state;
  const pending = [...problem.replicas.keys()]
    .map((service) => ({
      service,
      count: pendingOf(state, service),
      size: sizeOf(problem, service),
      isBound: state.isBound(service),
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => Number(b.isBound) - Number(a.isBound) || b.size - a.size || a.service - b.service);
  for (const { service, count } of pending)
    for (let replica = 0; replica < count; replica++) {
      const room = bestRoom(state, service);
      const node = room < 0 ? roomByEjection(state, { service, from: -1, movesMax, isMending: false }) : room;
      if (node >= 0) state.put(service, node, 1);
      else if (!putAndMend(state, service, movesMax)) return service;
    }
  return -1;
}

/** Where it breaks least of spread and apart, if what it breaks can be mended. */
function putAndMend(state: PlacementState, service: number, movesMax: number): boolean {
  const { excess, problem } = state;
  const before = state.counts.slice();
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  for (let node = 0; state.isBound(service) && node < problem.nodeCount; node++) {
    const after = state.excessAfter(service, -1, node, 1);
    if (after >= least || !state.hasRoom(service, node, 1) || !state.allows(service, node, 1)) continue;
    [best, least] = [node, after];
  }
  if (best < 0) return false;
  state.put(service, best, 1);
  mendRules(state, movesMax);
  if (state.excess <= excess) return true;
  state.become(before);
  return false;
}

function pendingOf(state: PlacementState, service: number): number {
  let pending = state.problem.replicas[service] ?? 0;
  for (let host = 0; host < state.hosts.sizeOf(service); host++)
    pending -= state.counts[state.hosts.cellAt(service, host)] ?? 0;
  return pending;
}

/** Everything but what is pinned is packed anew: the last resort. */
function repack(state: PlacementState): Start {
  state.become(state.problem.pinned ?? new Int32Array(state.counts.length));
  const service = placePending(state, Number.POSITIVE_INFINITY);
  return service < 0 ? { kind: "started" } : { kind: "no-room", service };
}
