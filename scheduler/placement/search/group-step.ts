/** The step for several services at once: replicas go to another node with the peers beside them, and groups there may come back. */
import { GROUP_MAX, ReplicaGroup } from "./replica-group.ts";
import type { Walk } from "./walk.ts";

const DISPLACED_MAX = 3;

export class GroupStep {
  readonly #walk: Walk;
  readonly #coming: ReplicaGroup;
  readonly #going: ReplicaGroup;

  constructor(walk: Walk) {
    this.#walk = walk;
    this.#coming = new ReplicaGroup(walk.state.problem.serviceCount);
    this.#going = new ReplicaGroup(walk.state.problem.serviceCount);
  }

  run(): void {
    const walk = this.#walk;
    const { state, random } = walk;
    const side = walk.drawSide();
    const service = walk.sideOf[side] as number;
    const from = walk.drawHost(service);
    const to =
      random.next() < 0.3 ? random.below(state.problem.nodeCount) : walk.drawHost(walk.otherOf[side] as number);
    if (from === to) return;
    const sizeMax = 2 + random.below(GROUP_MAX - 1);
    const standing = state.countOf(service, from);
    const part = random.next() < 0.5 ? 1 : (1 + random.below(standing)) / standing;
    this.#coming.gather(state, random, { service, node: from, part, sizeMax });
    if (this.#coming.size < 2) return;
    walk.begin();
    if (this.#exchange(from, to)) walk.settle();
    else walk.undo();
  }

  #exchange(from: number, to: number): boolean {
    const walk = this.#walk;
    this.#takeAll(this.#coming, from);
    for (let displaced = 0; ; displaced++) {
      const put = this.#putAll(this.#coming, to);
      if (put === this.#coming.size) return true;
      for (let i = 0; i < put; i++) walk.take(this.#coming.services[i] as number, to, this.#coming.counts[i] as number);
      if (displaced === DISPLACED_MAX || !this.#displace(from, to)) return false;
    }
  }

  #displace(from: number, to: number): boolean {
    const walk = this.#walk;
    const { state, random } = walk;
    const blocker = walk.drawGuest(to);
    if (blocker < 0) return false;
    const standing = state.countOf(blocker, to);
    const part = random.next() < 0.5 ? 1 : (1 + random.below(standing)) / standing;
    const sizeMax = 1 + random.below(GROUP_MAX);
    this.#going.gather(state, random, { service: blocker, node: to, part, sizeMax });
    this.#takeAll(this.#going, to);
    return this.#putAll(this.#going, from) === this.#going.size;
  }

  #takeAll({ services, counts, size }: ReplicaGroup, node: number): void {
    for (let i = 0; i < size; i++) this.#walk.take(services[i] as number, node, counts[i] as number);
  }

  /** @returns how many of the group's services found room. */
  #putAll({ services, counts, size }: ReplicaGroup, node: number): number {
    for (let i = 0; i < size; i++) {
      const [service, count] = [services[i] as number, counts[i] as number];
      if (!this.#walk.state.fits(service, node, count)) return i;
      this.#walk.put(service, node, count);
    }
    return size;
  }
}
