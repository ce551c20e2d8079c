import type { PlacementState } from "./placement-state.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Most services of a group. */
export const GROUP_MAX = 16;

/** Some of a node's replicas that talk to each other; one object is filled again and again. */
export class ReplicaGroup {
  readonly services = new Int32Array(GROUP_MAX);
  readonly counts = new Int32Array(GROUP_MAX);
  size = 0;
  readonly #isIn: Uint8Array;

  constructor(serviceCount: number) {
    this.#isIn = new Uint8Array(serviceCount);
  }

  has(service: number): boolean {
    return this.#isIn[service] === 1;
  }

  /**
   * Gathers `part` of what stands of the service on the node, and as much of its peers there, and of theirs, up to `sizeMax`
   * services, each beginning with another peer by chance. Empty if nothing of the service may leave.
   */
  gather(state: PlacementState, random: SeededRandom, { service, node, part, sizeMax }: GroupSeed): void {
    this.#clear();
    this.#add(state, service, node, part);
    const { peerStart, peers } = state.problem;
    for (let next = 0; next < this.size; next++) {
      const member = this.services[next] as number;
      const first = peerStart[member] as number;
      const peerCount = (peerStart[member + 1] as number) - first;
      const offset = random.below(peerCount);
      for (let i = 0; i < peerCount && this.size < sizeMax; i++) {
        const at = offset + i < peerCount ? offset + i : offset + i - peerCount;
        const peer = peers[first + at] as number;
        if (!this.has(peer)) this.#add(state, peer, node, part);
      }
    }
  }

  #add(state: PlacementState, service: number, node: number, part: number): void {
    const standing = state.countOf(service, node);
    if (standing === 0) return;
    const count = Math.min(Math.round(part * standing), state.movable(service, node));
    if (count === 0) return;
    this.services[this.size] = service;
    this.counts[this.size] = count;
    this.#isIn[service] = 1;
    this.size += 1;
  }

  #clear(): void {
    for (let i = 0; i < this.size; i++) this.#isIn[this.services[i] as number] = 0;
    this.size = 0;
  }
}

export interface GroupSeed {
  readonly service: number;
  readonly node: number;
  /** In (0, 1]. */
  readonly part: number;
  /** At most GROUP_MAX. */
  readonly sizeMax: number;
}
