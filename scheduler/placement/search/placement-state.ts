import type { PlacementProblem } from "./placement-problem.ts";
import type { Relocation } from "./relocate.ts";

/**
 * Where every replica stands, and what that is worth, kept exact under small changes. Putting and taking replicas costs
 * O(peers of the service), whatever the size of the cluster; nothing is allocated after the construction.
 *
 * The indexes below are within their arrays by construction, hence `as number`: this is the search's innermost loop.
 */
export class PlacementState {
  readonly problem: PlacementProblem;
  /** Replicas by cell. */
  readonly counts: Int32Array;
  /** What is left of each node's resources, at `node * resourceCount + resource`. */
  readonly free: Float64Array;
  /** Nodes where service s stands: hosts[hostStart[s]] and the next hostCounts[s]. */
  readonly hosts: Int32Array;
  readonly hostStart: Int32Array;
  readonly hostCounts: Int32Array;
  /** Services that stand on node n: guests[n * serviceCount] and the next guestCounts[n]. */
  readonly guests: Int32Array;
  readonly guestCounts: Int32Array;
  /** Sum over pairs of their part of the traffic * sum over nodes of min(x_s/d_s, x_t/d_t). */
  gained = 0;
  /** Replicas that are not where they stood at first. */
  moved = 0;
  /** Cells with fewer replicas than at first: the first vacancyCount of them. */
  readonly vacancies: Int32Array;
  vacancyCount = 0;
  readonly #vacancyAt: Int32Array;
  readonly #hostAt: Int32Array;
  readonly #guestAt: Int32Array;
  readonly #perReplica: Float64Array;

  /** Nothing stands anywhere yet: every replica that stood counts as moved until it is put back. */
  constructor(problem: PlacementProblem) {
    const { serviceCount, nodeCount, replicas, capacity, initial } = problem;
    const cellCount = serviceCount * nodeCount;
    this.problem = problem;
    this.counts = new Int32Array(cellCount);
    this.free = capacity.slice();
    this.hostStart = new Int32Array(serviceCount + 1);
    for (let s = 0; s < serviceCount; s++)
      this.hostStart[s + 1] = (this.hostStart[s] as number) + Math.min(nodeCount, replicas[s] as number);
    this.hosts = new Int32Array(this.hostStart[serviceCount] as number);
    this.hostCounts = new Int32Array(serviceCount);
    this.guests = new Int32Array(cellCount);
    this.guestCounts = new Int32Array(nodeCount);
    this.#hostAt = new Int32Array(cellCount);
    this.#guestAt = new Int32Array(cellCount);
    this.#perReplica = Float64Array.from(replicas, (count) => 1 / count);
    this.#vacancyAt = new Int32Array(cellCount);
    this.vacancies = new Int32Array(initial.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0));
    for (let cell = 0; cell < cellCount; cell++) {
      this.moved += initial[cell] as number;
      if ((initial[cell] as number) > 0) this.#vacate(cell);
    }
  }

  /** From here to other counts of the same problem, in O(services * nodes). */
  become(counts: Int32Array): void {
    const { serviceCount } = this.problem;
    for (const sign of [-1, 1])
      for (let cell = 0; cell < counts.length; cell++) {
        const change = sign * ((counts[cell] as number) - (this.counts[cell] as number));
        if (change <= 0) continue;
        const service = cell % serviceCount;
        const node = (cell - service) / serviceCount;
        if (sign > 0) this.put(service, node, change);
        else this.take(service, node, change);
      }
    // Adding up differences for hours leaves an error of rounding behind.
    this.gained = gainedOf(this);
  }

  countOf(service: number, node: number): number {
    return this.counts[node * this.problem.serviceCount + service] as number;
  }

  /** Part of the service's replicas that stand there. */
  shareOf(service: number, node: number): number {
    return this.countOf(service, node) * (this.#perReplica[service] as number);
  }

  /** Replicas there that may leave. */
  movable(service: number, node: number): number {
    const cell = node * this.problem.serviceCount + service;
    const { pinned } = this.problem;
    return (this.counts[cell] as number) - (pinned === undefined ? 0 : (pinned[cell] as number));
  }

  /** How many fewer stand there than at first; negative if more do. */
  missing(service: number, node: number): number {
    const cell = node * this.problem.serviceCount + service;
    return (this.problem.initial[cell] as number) - (this.counts[cell] as number);
  }

  fits(service: number, node: number, count: number): boolean {
    const { resourceCount, request } = this.problem;
    for (let r = 0; r < resourceCount; r++)
      if (count * (request[service * resourceCount + r] as number) > (this.free[node * resourceCount + r] as number))
        return false;
    return this.allows(service, node, count);
  }

  /** Whether so many more may stand there as far as the service is concerned, room or not. */
  allows(service: number, node: number, count: number): boolean {
    const { cellMax, serviceCount } = this.problem;
    if (cellMax === undefined) return true;
    const cell = node * serviceCount + service;
    return (this.counts[cell] as number) + count <= (cellMax[cell] as number);
  }

  /** What putting them there would add to `gained`, at least 0. */
  gainOfPut(service: number, node: number, count: number): number {
    const { peerStart, peers, peerWeights, serviceCount } = this.problem;
    const row = node * serviceCount;
    const per = this.#perReplica[service] as number;
    const before = (this.counts[row + service] as number) * per;
    const after = ((this.counts[row + service] as number) + count) * per;
    const end = peerStart[service + 1] as number;
    let gain = 0;
    for (let i = peerStart[service] as number; i < end; i++) {
      const peer = peers[i] as number;
      const share = (this.counts[row + peer] as number) * (this.#perReplica[peer] as number);
      if (share > before) gain += (peerWeights[i] as number) * ((share < after ? share : after) - before);
    }
    return gain;
  }

  /** What taking them away would add to `gained`, at most 0. */
  gainOfTake(service: number, node: number, count: number): number {
    const { peerStart, peers, peerWeights, serviceCount } = this.problem;
    const row = node * serviceCount;
    const per = this.#perReplica[service] as number;
    const before = (this.counts[row + service] as number) * per;
    const after = ((this.counts[row + service] as number) - count) * per;
    const end = peerStart[service + 1] as number;
    let gain = 0;
    for (let i = peerStart[service] as number; i < end; i++) {
      const peer = peers[i] as number;
      const share = (this.counts[row + peer] as number) * (this.#perReplica[peer] as number);
      if (share > after) gain += (peerWeights[i] as number) * (after - (share < before ? share : before));
    }
    return gain;
  }

  /** How many more replicas would be moved then. */
  movedBy({ service, from, to, count }: Relocation): number {
    const left = this.missing(service, from);
    const back = this.missing(service, to);
    return positive(left + count) - positive(left) + positive(back - count) - positive(back);
  }

  put(service: number, node: number, count: number, gain = this.gainOfPut(service, node, count)): void {
    const cell = node * this.problem.serviceCount + service;
    if (this.counts[cell] === 0) this.#arrive(service, node, cell);
    this.#change(cell, service, node, count);
    this.gained += gain;
  }

  take(service: number, node: number, count: number, gain = this.gainOfTake(service, node, count)): void {
    const cell = node * this.problem.serviceCount + service;
    this.#change(cell, service, node, -count);
    if (this.counts[cell] === 0) this.#leave(service, node, cell);
    this.gained += gain;
  }

  #change(cell: number, service: number, node: number, count: number): void {
    const { initial, resourceCount, request } = this.problem;
    const missing = (initial[cell] as number) - (this.counts[cell] as number);
    this.moved += positive(missing - count) - positive(missing);
    if (missing > 0 && missing <= count) this.#fill(cell);
    else if (missing <= 0 && missing > count) this.#vacate(cell);
    this.counts[cell] = (this.counts[cell] as number) + count;
    for (let r = 0; r < resourceCount; r++) {
      const at = node * resourceCount + r;
      this.free[at] = (this.free[at] as number) - count * (request[service * resourceCount + r] as number);
    }
  }

  #vacate(cell: number): void {
    this.vacancies[this.vacancyCount] = cell;
    this.#vacancyAt[cell] = this.vacancyCount;
    this.vacancyCount += 1;
  }

  #fill(cell: number): void {
    this.vacancyCount -= 1;
    const at = this.#vacancyAt[cell] as number;
    const last = this.vacancies[this.vacancyCount] as number;
    this.vacancies[at] = last;
    this.#vacancyAt[last] = at;
  }

  #arrive(service: number, node: number, cell: number): void {
    const hosts = this.hostCounts[service] as number;
    const host = (this.hostStart[service] as number) + hosts;
    this.hosts[host] = node;
    this.#hostAt[cell] = host;
    this.hostCounts[service] = hosts + 1;
    const guests = this.guestCounts[node] as number;
    const guest = node * this.problem.serviceCount + guests;
    this.guests[guest] = service;
    this.#guestAt[cell] = guest;
    this.guestCounts[node] = guests + 1;
  }

  /** The last of each list takes the empty place. */
  #leave(service: number, node: number, cell: number): void {
    const { serviceCount } = this.problem;
    const hosts = (this.hostCounts[service] as number) - 1;
    const host = this.#hostAt[cell] as number;
    const lastHost = this.hosts[(this.hostStart[service] as number) + hosts] as number;
    this.hosts[host] = lastHost;
    this.#hostAt[lastHost * serviceCount + service] = host;
    this.hostCounts[service] = hosts;
    const guests = (this.guestCounts[node] as number) - 1;
    const guest = this.#guestAt[cell] as number;
    const lastGuest = this.guests[node * serviceCount + guests] as number;
    this.guests[guest] = lastGuest;
    this.#guestAt[node * serviceCount + lastGuest] = guest;
    this.guestCounts[node] = guests;
  }
}

/** `gained` from scratch. */
function gainedOf(state: PlacementState): number {
  const { peerStart, peers, peerWeights, serviceCount } = state.problem;
  let gained = 0;
  for (let service = 0; service < serviceCount; service++)
    for (let i = peerStart[service] as number; i < (peerStart[service + 1] as number); i++) {
      const peer = peers[i] as number;
      if (peer < service) continue;
      const first = state.hostStart[service] as number;
      for (let host = first; host < first + (state.hostCounts[service] as number); host++) {
        const node = state.hosts[host] as number;
        gained += (peerWeights[i] as number) * Math.min(state.shareOf(service, node), state.shareOf(peer, node));
      }
    }
  return gained;
}

function positive(count: number): number {
  return count > 0 ? count : 0;
}
