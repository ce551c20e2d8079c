/** Ejection: replicas go to a node that is full, and what stands in their way goes elsewhere. */
import type { Relocation } from "./relocate.ts";
import type { Walk } from "./walk.ts";

const BLOCKERS_MAX = 4;
const TRIES_MAX = 6;

/** After `walk.begin`; ends the step. */
export function makeRoom(walk: Walk, relocation: Relocation): void {
  const { service, from, to, count } = relocation;
  walk.take(service, from, count);
  if (ejectUntilFits(walk, relocation)) {
    walk.put(service, to, count);
    walk.settle();
  } else walk.undo();
}

function ejectUntilFits(walk: Walk, relocation: Relocation): boolean {
  const { service, to, count } = relocation;
  let ejected = 0;
  for (let tries = 0; tries < TRIES_MAX && ejected < BLOCKERS_MAX; tries++) {
    if (!ejectOne(walk, relocation)) continue;
    ejected += 1;
    if (walk.state.fits(service, to, count)) return true;
  }
  return false;
}

function ejectOne(walk: Walk, relocation: Relocation): boolean {
  const { state, random } = walk;
  const { service, from, to, count } = relocation;
  if (state.hasRoom(service, to, count)) return ejectOpponent(walk, relocation);
  const blocker = walk.drawGuest(to);
  if (blocker < 0 || blocker === service) return false;
  const movable = state.movable(blocker, to);
  const helpful = blockersFor(walk, relocation, blocker);
  if (movable <= 0 || helpful === 0) return false;
  const ejected = random.next() < 0.2 ? movable : Math.min(helpful, movable);
  return ejectTo(walk, { service: blocker, from: to, to: drawRefuge(walk, blocker, from), count: ejected });
}

/** What the service may not share a domain with goes elsewhere. */
function ejectOpponent(walk: Walk, { service, from, to }: Relocation): boolean {
  const { state } = walk;
  for (const cell of state.opponentsOf(service, to)) {
    const node = state.nodeOf(cell);
    const opponent = cell - node * state.problem.serviceCount;
    const count = state.movable(opponent, node);
    if (count > 0) return ejectTo(walk, { service: opponent, from: node, to: drawRefuge(walk, opponent, from), count });
  }
  return false;
}

function ejectTo(walk: Walk, ejection: Relocation): boolean {
  const { service, from, to, count } = ejection;
  if (from === to || !walk.state.fitsMoved(ejection)) return false;
  walk.take(service, from, count);
  walk.put(service, to, count);
  return true;
}

/** How many replicas of the blocker would make enough room; 0 if none would help. */
function blockersFor({ state }: Walk, { service, to, count }: Relocation, blocker: number): number {
  const { resourceCount, request } = state.problem;
  let helpful = 0;
  for (let r = 0; r < resourceCount; r++) {
    const free = state.free[to * resourceCount + r] as number;
    const lacking = count * (request[service * resourceCount + r] as number) - free;
    const freed = request[blocker * resourceCount + r] as number;
    if (lacking > 0 && freed > 0) helpful = Math.max(helpful, Math.ceil(lacking / freed));
  }
  return helpful;
}

/** Where the newcomers left, which makes a swap; or with a peer; or anywhere. */
function drawRefuge(walk: Walk, blocker: number, vacated: number): number {
  const { state, random } = walk;
  const { peerStart, peers, nodeCount } = state.problem;
  const first = peerStart[blocker] as number;
  const peerCount = (peerStart[blocker + 1] as number) - first;
  const draw = random.next();
  if (draw < 0.5) return vacated;
  if (draw < 0.9 && peerCount > 0) {
    const peer = peers[first + random.below(peerCount)] as number;
    // What makes the room is nowhere just now.
    if (state.hosts.sizeOf(peer) > 0) return walk.drawBeside(peer);
  }
  return random.below(nodeCount);
}
