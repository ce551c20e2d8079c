/** The step for several services at once: replicas go to another node with the peers beside them, and groups there come back. */
import { GROUP_MAX, ReplicaGroup } from "./replica-group.ts";
import type { Walk } from "./walk.ts";

const DISPLACED_MAX = 3;
const TRIES_MAX = 4;
const ANYWHERE = 0.3;

export class GroupStep {
  readonly #walk: Walk;
  readonly #coming: ReplicaGroup;
  readonly #going: ReplicaGroup;

  constructor(walk: Walk) {
    this.#walk = walk;
    this.#coming = new ReplicaGroup(walk.state.problem, 1);
    this.#going = new ReplicaGroup(walk.state.problem, DISPLACED_MAX);
  }

  run(): void {
    const walk = this.#walk;
    const { state, random } = walk;
    const side = walk.drawSide();
    const service = walk.sideOf[side] as number;
    const from = walk.drawHost(service);
    const isAnywhere = random.next() < ANYWHERE;
    const to = isAnywhere ? random.below(state.problem.nodeCount) : walk.drawBeside(walk.otherOf[side] as number);
    if (from === to) return;
    this.#coming.clear();
    this.#gather(this.#coming, { service, node: from, sizeMin: 2 });
    if (this.#coming.size < 2 || !this.#displace(from, to)) return;
    walk.begin();
    if (this.#exchange(from, to)) walk.settle();
    else walk.undo();
  }

  #gather(group: ReplicaGroup, { service, node, sizeMin }: { service: number; node: number; sizeMin: number }): void {
    const { state, random } = this.#walk;
    const standing = state.countOf(service, node);
    const part = random.next() < 0.5 ? 1 : (1 + random.below(standing)) / standing;
    const sizeMax = sizeMin + random.below(GROUP_MAX + 1 - sizeMin);
    group.gather(state, random, { service, node, part, sizeMax });
  }

  /** Gathers what has to go so that the others have room, by amounts alone: most tries end here. */
  #displace(from: number, to: number): boolean {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      this.#going.clear();
      for (let displaced = 0; !this.#hasRoom(to, this.#coming, this.#going); displaced++) {
        const blocker = this.#walk.drawGuest(to);
        if (displaced === DISPLACED_MAX || blocker < 0) break;
        this.#gather(this.#going, { service: blocker, node: to, sizeMin: 1 });
      }
      if (this.#hasRoom(to, this.#coming, this.#going) && this.#hasRoom(from, this.#going, this.#coming)) return true;
    }
    return false;
  }

  #hasRoom(node: number, entering: ReplicaGroup, leaving: ReplicaGroup): boolean {
    const { resourceCount } = this.#walk.state.problem;
    for (let r = 0; r < resourceCount; r++) {
      const free = this.#walk.state.free[node * resourceCount + r] as number;
      if ((entering.need[r] as number) > free + (leaving.need[r] as number)) return false;
    }
    return true;
  }

  #exchange(from: number, to: number): boolean {
    this.#takeAll(this.#coming, from);
    this.#takeAll(this.#going, to);
    return this.#putAll(this.#coming, to) && this.#putAll(this.#going, from);
  }

  #takeAll({ services, counts, size }: ReplicaGroup, node: number): void {
    for (let i = 0; i < size; i++) this.#walk.take(services[i] as number, node, counts[i] as number);
  }

  #putAll({ services, counts, size }: ReplicaGroup, node: number): boolean {
    for (let i = 0; i < size; i++) {
      const service = services[i] as number;
      const count = counts[i] as number;
      if (!this.#walk.state.fits(service, node, count)) return false;
      this.#walk.put(service, node, count);
    }
    return true;
  }
}
