import type { CostGroups } from "./cost-groups.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Draws nodes near others, where some are nearer than others. */
export class NearNodes {
  readonly #groups: CostGroups;
  /** Nodes such that those of each group lie together, from #start[group] up to #end[group]. */
  readonly #nodes: Int32Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;

  constructor(groups: CostGroups & { readonly nodeCount: number }) {
    const { groupCount, nodeCount, parent } = groups;
    this.#groups = groups;
    this.#nodes = new Int32Array(nodeCount);
    this.#start = new Int32Array(groupCount);
    this.#end = new Int32Array(groupCount);
    const size = new Int32Array(groupCount).fill(1, 0, nodeCount);
    for (let group = 0; group < groupCount - 1; group++)
      size[parent[group] as number] = (size[parent[group] as number] as number) + (size[group] as number);
    // From the group of all inwards: each takes the next part of the one around it.
    for (let group = groupCount - 2; group >= 0; group--) {
      const outer = parent[group] as number;
      this.#start[group] = this.#end[outer] as number;
      this.#end[group] = this.#start[group] as number;
      this.#end[outer] = (this.#end[outer] as number) + (size[group] as number);
      if (group < nodeCount) this.#nodes[this.#start[group] as number] = group;
    }
    for (let node = 0; node < nodeCount; node++) this.#end[node] = (this.#start[node] as number) + 1;
  }

  /** The node itself or, now and then, one of a group around it: each group half as likely as the one within it. */
  drawBeside(node: number, random: SeededRandom): number {
    if (random.next() >= NEAR) return node;
    const { parent, groupCount } = this.#groups;
    let group = parent[node] as number;
    while (group < groupCount - 1 && random.next() < 0.5) group = parent[group] as number;
    const start = this.#start[group] as number;
    return this.#nodes[start + random.below((this.#end[group] as number) - start)] as number;
  }
}

/** Tried on scenarios of four zones with racks: anything from 0.2 to 0.5 does. */
const NEAR = 0.3;
