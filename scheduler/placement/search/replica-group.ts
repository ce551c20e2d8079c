import type { PlacementState } from "./placement-state.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Most services that one call gathers. */
export const GROUP_MAX = 16;

export interface GroupSeed {
  readonly service: number;
  readonly node: number;
  /** In (0, 1]. */
  readonly part: number;
  /** Most services to gather, at most GROUP_MAX. */
  readonly sizeMax: number;
}

/** Some of a node's replicas, such as those that talk to each other; one object is filled again and again. */
export class ReplicaGroup {
  readonly services: Int32Array;
  readonly counts: Int32Array;
  /** What all of them need, by resource. */
  readonly need: Float64Array;
  size = 0;
  readonly #isIn: Uint8Array;

  /** @param gatheringsMax how often it gathers more before it is cleared. */
  constructor({ serviceCount, resourceCount }: PlacementState["problem"], gatheringsMax: number) {
    this.services = new Int32Array(GROUP_MAX * gatheringsMax);
    this.counts = new Int32Array(GROUP_MAX * gatheringsMax);
    this.need = new Float64Array(resourceCount);
    this.#isIn = new Uint8Array(serviceCount);
  }

  clear(): void {
    for (let i = 0; i < this.size; i++) this.#isIn[this.services[i] as number] = 0;
    this.size = 0;
    this.need.fill(0);
  }

  /**
   * Adds `part` of what stands of the service on the node, and as much of its peers there, and of theirs, beginning with
   * another peer each time. Nothing if it has the service already, or nothing of it may leave.
   */
  gather(state: PlacementState, random: SeededRandom, { service, node, part, sizeMax }: GroupSeed): void {
    const { peerStart, peers } = state.problem;
    const first = this.size;
    this.#add(state, service, node, part);
    for (let next = first; next < this.size; next++) {
      const member = this.services[next] as number;
      const start = peerStart[member] as number;
      const peerCount = (peerStart[member + 1] as number) - start;
      const offset = random.below(peerCount);
      for (let i = 0; i < peerCount && this.size < first + sizeMax; i++) {
        const at = offset + i < peerCount ? offset + i : offset + i - peerCount;
        this.#add(state, peers[start + at] as number, node, part);
      }
    }
  }

  #add(state: PlacementState, service: number, node: number, part: number): void {
    const standing = state.countOf(service, node);
    if (standing === 0 || this.#isIn[service] === 1) return;
    const count = Math.min(Math.round(part * standing), state.movable(service, node));
    if (count <= 0) return;
    this.services[this.size] = service;
    this.counts[this.size] = count;
    this.#isIn[service] = 1;
    this.size += 1;
    const { resourceCount, request } = state.problem;
    for (let r = 0; r < resourceCount; r++)
      this.need[r] = (this.need[r] as number) + count * (request[service * resourceCount + r] as number);
  }
}
