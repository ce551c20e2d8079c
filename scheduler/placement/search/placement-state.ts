import { CellSets } from "./cell-sets.ts";
import type { PlacementProblem } from "./placement-problem.ts";
import type { Relocation } from "./relocate.ts";

/**
 * Where every replica stands, and what that is worth, kept exact under small changes. Putting and taking replicas costs
 * O(peers of the service), whatever the size of the cluster; nothing is allocated after the construction.
 *
 * Indexes are within their arrays by construction, hence `as number`: this is the search's innermost loop.
 */
export class PlacementState {
  readonly problem: PlacementProblem;
  /** Replicas by cell. */
  readonly counts: Int32Array;
  /** What is left of each node's resources, at `node * resourceCount + resource`; below 0 where it is overloaded. */
  readonly free: Float64Array;
  /** By service, its cells that are not empty. */
  readonly hosts: CellSets;
  /** By node, its cells that are not empty. */
  readonly guests: CellSets;
  /** One set: cells with fewer replicas than at first. */
  readonly vacancies: CellSets;
  /** Sum over pairs of their part of the traffic * sum over nodes of min(x_s/d_s, x_t/d_t). */
  gained = 0;
  /** Replicas that stood somewhere at first and are not there. */
  moved = 0;
  readonly #perReplica: Float64Array;

  /** Nothing stands anywhere yet. */
  constructor(problem: PlacementProblem) {
    const { serviceCount, nodeCount, replicas, capacity, initial } = problem;
    const cellCount = serviceCount * nodeCount;
    this.problem = problem;
    this.counts = new Int32Array(cellCount);
    this.free = capacity.slice();
    this.hosts = new CellSets(
      replicas.map((count) => Math.min(nodeCount, count)),
      cellCount,
    );
    this.guests = new CellSets(new Int32Array(nodeCount).fill(serviceCount), cellCount);
    const occupied = initial.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
    this.vacancies = new CellSets([occupied], cellCount);
    this.#perReplica = Float64Array.from(replicas, (count) => 1 / count);
    for (let cell = 0; cell < cellCount; cell++) {
      this.moved += initial[cell] as number;
      if ((initial[cell] as number) > 0) this.vacancies.add(0, cell);
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
        if (sign > 0) this.put(service, this.nodeOf(cell), change);
        else this.take(service, this.nodeOf(cell), change);
      }
    // Adding up differences for hours leaves an error of rounding behind.
    this.gained = this.#gainedAnew();
  }

  nodeOf(cell: number): number {
    return Math.floor(cell / this.problem.serviceCount);
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

  /** Parts of the node's resources that are left, added up. */
  leftOf(node: number): number {
    const { resourceCount, capacity } = this.problem;
    let left = 0;
    for (let at = node * resourceCount; at < (node + 1) * resourceCount; at++)
      if ((capacity[at] as number) > 0) left += (this.free[at] as number) / (capacity[at] as number);
    return left;
  }

  /** What putting them there would add to `gained`, at least 0. */
  gainOfPut(service: number, node: number, count: number): number {
    return this.#between(service, node, this.countOf(service, node), count);
  }

  /** What taking them away would add to `gained`, at most 0. */
  gainOfTake(service: number, node: number, count: number): number {
    return -this.#between(service, node, this.countOf(service, node) - count, count);
  }

  /** What the relocation would add to `gained`. */
  gainOfMove({ service, from, to, count }: Relocation): number {
    return this.gainOfTake(service, from, count) + this.gainOfPut(service, to, count);
  }

  /** How many more replicas would be moved then. */
  movedBy({ service, from, to, count }: Relocation): number {
    const left = this.missing(service, from);
    const back = this.missing(service, to);
    return positive(left + count) - positive(left) + positive(back - count) - positive(back);
  }

  /** @param gain `gainOfPut`, if it is known already. */
  put(service: number, node: number, count: number, gain = this.gainOfPut(service, node, count)): void {
    this.#change(service, node, count);
    this.gained += gain;
  }

  /** @param gain `gainOfTake`, if it is known already. */
  take(service: number, node: number, count: number, gain = this.gainOfTake(service, node, count)): void {
    this.#change(service, node, -count);
    this.gained += gain;
  }

  /** What the replicas of a service from `first` to `first + count` gain on a node: sum of w * (min(after, y) - min(before, y)). */
  #between(service: number, node: number, first: number, count: number): number {
    const { peerStart, peers, peerWeights, serviceCount } = this.problem;
    const row = node * serviceCount;
    const per = this.#perReplica[service] as number;
    const before = first * per;
    const after = (first + count) * per;
    const end = peerStart[service + 1] as number;
    let gain = 0;
    for (let i = peerStart[service] as number; i < end; i++) {
      const peer = peers[i] as number;
      const share = (this.counts[row + peer] as number) * (this.#perReplica[peer] as number);
      if (share > before) gain += (peerWeights[i] as number) * ((share < after ? share : after) - before);
    }
    return gain;
  }

  #change(service: number, node: number, count: number): void {
    const { initial, resourceCount, request, serviceCount } = this.problem;
    const cell = node * serviceCount + service;
    const before = this.counts[cell] as number;
    const missing = (initial[cell] as number) - before;
    this.counts[cell] = before + count;
    this.moved += positive(missing - count) - positive(missing);
    if (missing > 0 && missing <= count) this.vacancies.remove(0, cell);
    else if (missing <= 0 && missing > count) this.vacancies.add(0, cell);
    if (before === 0) this.#arrive(service, node, cell);
    else if (before + count === 0) this.#leave(service, node, cell);
    for (let r = 0; r < resourceCount; r++) {
      const at = node * resourceCount + r;
      this.free[at] = (this.free[at] as number) - count * (request[service * resourceCount + r] as number);
    }
  }

  #arrive(service: number, node: number, cell: number): void {
    this.hosts.add(service, cell);
    this.guests.add(node, cell);
  }

  #leave(service: number, node: number, cell: number): void {
    this.hosts.remove(service, cell);
    this.guests.remove(node, cell);
  }

  #gainedAnew(): number {
    const { peerStart, peers, peerWeights, serviceCount } = this.problem;
    let gained = 0;
    for (let service = 0; service < serviceCount; service++)
      for (let i = peerStart[service] as number; i < (peerStart[service + 1] as number); i++) {
        const peer = peers[i] as number;
        if (peer < service) continue;
        for (let host = 0; host < this.hosts.sizeOf(service); host++) {
          const node = this.nodeOf(this.hosts.cellAt(service, host));
          gained += (peerWeights[i] as number) * Math.min(this.shareOf(service, node), this.shareOf(peer, node));
        }
      }
    return gained;
  }
}

function positive(count: number): number {
  return count > 0 ? count : 0;
}
