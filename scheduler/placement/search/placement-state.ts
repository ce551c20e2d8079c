import { CellSets } from "./cell-sets.ts";
import type { PlacementProblem } from "./placement-problem.ts";
import type { Relocation } from "./relocate.ts";
import { RuleCounts } from "./rule-counts.ts";

/**
 * Where every replica stands, and what that is worth, kept exact under small changes. Putting and taking replicas costs
 * O(peers of the service * groups around the node), whatever the size of the cluster; nothing is allocated after the construction.
 *
 * Indexes are within their arrays by construction, hence `as number`: this is the search's innermost loop.
 */
export class PlacementState {
  readonly problem: PlacementProblem;
  /** Replicas by cell; behind the cells, replicas by group and service in the same way. */
  readonly counts: Int32Array;
  /** What is left of each node's resources, at `node * resourceCount + resource`; below 0 where it is overloaded. */
  readonly free: Float64Array;
  /** By service, its cells that are not empty. */
  readonly hosts: CellSets;
  /** By node, its cells that are not empty. */
  readonly guests: CellSets;
  /** One set: cells with fewer replicas than at first. */
  readonly vacancies: CellSets;
  /**
   * Sum over pairs of their part of the traffic * sum over groups of step * min(S_g, T_g), which between nodes that are all alike
   * is the gained affinity; with what services save with themselves, if that is not the same everywhere.
   */
  gained = 0;
  /** Replicas that stood somewhere at first and are not there. */
  moved = 0;
  readonly #cellCount: number;
  readonly #perReplica: Float64Array;
  // Of the problem, one step nearer to the innermost loop.
  readonly #serviceCount: number;
  readonly #peerStart: Int32Array;
  readonly #peers: Int32Array;
  readonly #peerWeights: Float64Array;
  readonly #rules: RuleCounts | undefined;
  /** The group of all nodes. */
  readonly #all: number;
  /** Whether nodes have no group but that of all: then what is gained on a node is the gain. */
  readonly #isFlat: boolean;

  /** Nothing stands anywhere yet. */
  constructor(problem: PlacementProblem) {
    const { serviceCount, nodeCount, groupCount, replicas, capacity, initial } = problem;
    const cellCount = serviceCount * nodeCount;
    this.problem = problem;
    this.#cellCount = cellCount;
    this.#rules = problem.rules && new RuleCounts(problem.rules, replicas);
    this.#all = groupCount - 1;
    this.#isFlat = isFlat(problem);
    this.counts = new Int32Array(this.#all * serviceCount);
    this.free = capacity.slice();
    this.hosts = new CellSets(
      replicas.map((count) => Math.min(nodeCount, count)),
      cellCount,
    );
    this.guests = new CellSets(new Int32Array(nodeCount).fill(serviceCount), cellCount);
    const occupied = initial.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
    this.vacancies = new CellSets([occupied], cellCount);
    this.#serviceCount = serviceCount;
    this.#peerStart = problem.peerStart;
    this.#peers = problem.peers;
    this.#peerWeights = problem.peerWeights;
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
      for (let cell = 0; cell < this.#cellCount; cell++) {
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
    return this.counts[node * this.#serviceCount + service] as number;
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

  /** Whether so many more may come to stand there, or mend what is broken by it. */
  fits(service: number, node: number, count: number): boolean {
    return (
      this.hasRoom(service, node, count) &&
      this.allows(service, node, count) &&
      (this.#rules === undefined || this.#rules.admitsOrMends(service, -1, node, count))
    );
  }

  /** The same of replicas that come from another node. */
  fitsMoved({ service, from, to, count }: Relocation): boolean {
    return (
      this.hasRoom(service, to, count) &&
      this.allows(service, to, count) &&
      (this.#rules === undefined || this.#rules.admitsOrMends(service, from, to, count))
    );
  }

  /** Whether the node's resources suffice for so many more. */
  hasRoom(service: number, node: number, count: number): boolean {
    const { resourceCount, request } = this.problem;
    for (let r = 0; r < resourceCount; r++)
      if (count * (request[service * resourceCount + r] as number) > (this.free[node * resourceCount + r] as number))
        return false;
    return true;
  }

  /** Whether so many more are not too many for the node as far as the service alone is concerned, room or not. */
  allows(service: number, node: number, count: number): boolean {
    const { cellMax, serviceCount } = this.problem;
    if (cellMax === undefined) return true;
    const cell = node * serviceCount + service;
    return (this.counts[cell] as number) + count <= (cellMax[cell] as number);
  }

  /** Whether spread or apart speak of the service. */
  isBound(service: number): boolean {
    return this.#rules?.isBound(service) === true;
  }

  /** How far spread and apart are broken: 0 if they are kept, or if there are none. */
  get excess(): number {
    return this.#rules === undefined ? 0 : this.#rules.excess;
  }

  /** What `excess` would be if so many went there; `from` is -1 if they stand nowhere yet. */
  excessAfter(service: number, from: number, to: number, count: number): number {
    return this.#rules === undefined ? 0 : this.#rules.excessAfter(service, from, to, count);
  }

  /** Cells that have to be empty, as far as apart goes, before the service may come to the node. */
  *opponentsOf(service: number, node: number): Generator<number> {
    for (const { other, division } of this.#rules?.opponents(service, node) ?? [])
      for (let host = 0; host < this.hosts.sizeOf(other); host++) {
        const cell = this.hosts.cellAt(other, host);
        if (division[this.nodeOf(cell)] === division[node]) yield cell;
      }
  }

  /** Whether spread and apart would let so many come there, broken or not; `from` is -1 if they stand nowhere yet. */
  admits(service: number, from: number, to: number, count: number): boolean {
    return this.#rules === undefined || this.#rules.admits(service, from, to, count);
  }

  /** Parts of the node's resources that are left, added up. */
  leftOf(node: number): number {
    const { resourceCount, capacity } = this.problem;
    let left = 0;
    for (let at = node * resourceCount; at < (node + 1) * resourceCount; at++)
      if ((capacity[at] as number) > 0) left += (this.free[at] as number) / (capacity[at] as number);
    return left;
  }

  /**
   * What putting them there would add to `gained`, at least 0.
   *
   * @param within a group around the node whose count stays the same, as they come from there; the group of all if they do not.
   */
  gainOfPut(service: number, node: number, count: number, within = this.#all): number {
    if (this.#isFlat) return this.#between(service, node, this.countOf(service, node), count);
    return this.#gainBetween(service, node, 0, count, within);
  }

  /** What taking them away would add to `gained`, at most 0. @param within a group around the node in which they stay. */
  gainOfTake(service: number, node: number, count: number, within = this.#all): number {
    if (this.#isFlat) return -this.#between(service, node, this.countOf(service, node) - count, count);
    return -this.#gainBetween(service, node, -count, count, within);
  }

  /** The smallest group of both nodes. */
  meetingOf(node: number, other: number): number {
    if (this.#isFlat) return this.#all;
    const { parent } = this.problem;
    let [one, two] = [node, other];
    while (one !== two) {
      if (one < two) one = parent[one] as number;
      else two = parent[two] as number;
    }
    return one;
  }

  /** What the relocation would add to `gained`. */
  gainOfMove({ service, from, to, count }: Relocation): number {
    const within = this.meetingOf(from, to);
    return this.gainOfTake(service, from, count, within) + this.gainOfPut(service, to, count, within);
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

  /** What `count` replicas gain in the node's groups, that of all or `within` excepted, beside so many more than stand there. */
  #gainBetween(service: number, node: number, more: number, count: number, within: number): number {
    const { parent, step, saved, ownWeights, serviceCount } = this.problem;
    let gain = 0;
    for (let group = node; group !== within; group = parent[group] as number) {
      const first = (this.counts[group * serviceCount + service] as number) + more;
      gain += (step[group] as number) * this.#between(service, group, first, count);
    }
    if (ownWeights === undefined || saved === undefined) return gain;
    return (
      gain + (ownWeights[service] as number) * (saved[node] as number) * count * (this.#perReplica[service] as number)
    );
  }

  /** What the replicas of a service from `first` to `first + count` keep in a group: sum of w * (min(after, y) - min(before, y)). */
  #between(service: number, group: number, first: number, count: number): number {
    const peers = this.#peers;
    const row = group * this.#serviceCount;
    const per = this.#perReplica[service] as number;
    const before = first * per;
    const after = (first + count) * per;
    const end = this.#peerStart[service + 1] as number;
    let gain = 0;
    for (let i = this.#peerStart[service] as number; i < end; i++) {
      const peer = peers[i] as number;
      const share = (this.counts[row + peer] as number) * (this.#perReplica[peer] as number);
      if (share > before) gain += (this.#peerWeights[i] as number) * ((share < after ? share : after) - before);
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
    if (!this.#isFlat) this.#changeGroups(service, node, count);
    if (this.#rules !== undefined) this.#rules.change(service, node, count);
  }

  #changeGroups(service: number, node: number, count: number): void {
    const { parent, serviceCount } = this.problem;
    for (let group = parent[node] as number; group !== this.#all; group = parent[group] as number) {
      const at = group * serviceCount + service;
      this.counts[at] = (this.counts[at] as number) + count;
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
    const { peerStart, peers, peerWeights, serviceCount, nodeCount, step, saved, ownWeights } = this.problem;
    let gained = 0;
    const add = (service: number, group: number) => {
      for (let i = peerStart[service] as number; i < (peerStart[service + 1] as number); i++) {
        const peer = peers[i] as number;
        if (peer < service) continue;
        const kept = Math.min(this.shareOf(service, group), this.shareOf(peer, group));
        gained += (peerWeights[i] as number) * (step[group] as number) * kept;
      }
    };
    for (let service = 0; service < serviceCount; service++) {
      for (let host = 0; host < this.hosts.sizeOf(service); host++) {
        const node = this.nodeOf(this.hosts.cellAt(service, host));
        add(service, node);
        if (ownWeights && saved)
          gained += (ownWeights[service] ?? 0) * (saved[node] ?? 0) * this.shareOf(service, node);
      }
      for (let group = nodeCount; group < this.#all; group++) add(service, group);
    }
    return gained;
  }
}

function isFlat({ groupCount, nodeCount, step, ownWeights }: PlacementProblem): boolean {
  return groupCount === nodeCount + 1 && ownWeights === undefined && step.every((each) => each === 1);
}

function positive(count: number): number {
  return count > 0 ? count : 0;
}
