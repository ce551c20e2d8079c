import type { GroupedLocality, Grouping, Topology } from "./topology.ts";

/** Groups in which replicas stand and how many in each; parallel arrays. */
export interface GroupCounts {
  readonly groups: Int32Array;
  readonly counts: Float64Array;
}

/** How many replicas of one workload stand where. Immutable; the counts of a locality are worked out when first asked for. */
export class ReplicaCounts {
  readonly topology: Topology;
  readonly total: number;
  readonly #byNode: ReadonlyMap<string, number>;
  readonly #byGrouping = new Map<Grouping, GroupCounts>();

  /** @param byNode replicas by node name; the topology has all of these nodes. */
  constructor(topology: Topology, byNode: ReadonlyMap<string, number>) {
    this.topology = topology;
    this.#byNode = byNode;
    let total = 0;
    for (const count of byNode.values()) total += count;
    this.total = total;
  }

  /** Node names and replicas there. */
  entries(): Iterable<readonly [node: string, count: number]> {
    return this.#byNode;
  }

  onNode(node: string): number {
    return this.#byNode.get(node) ?? 0;
  }

  /** Only groups in which any replica stands. */
  at(locality: GroupedLocality): GroupCounts {
    const grouping = this.topology.grouping(locality);
    const known = this.#byGrouping.get(grouping);
    if (known) return known;
    const counts = this.#countedIn(grouping);
    this.#byGrouping.set(grouping, counts);
    return counts;
  }

  /** Replicas in one group. */
  inGroup(locality: GroupedLocality, group: number): number {
    const { groups, counts } = this.at(locality);
    return counts[groups.indexOf(group)] ?? 0;
  }

  /** By group number, zeros included. */
  denseAt(locality: GroupedLocality): Float64Array {
    const dense = new Float64Array(this.topology.grouping(locality).count);
    const { groups, counts } = this.at(locality);
    for (let i = 0; i < groups.length; i++) dense[groups[i] ?? 0] = counts[i] ?? 0;
    return dense;
  }

  #countedIn({ groupOfNode }: Grouping): GroupCounts {
    const byGroup = new Map<number, number>();
    for (const [node, count] of this.#byNode) {
      const group = groupOfNode[this.topology.indexOf(node)];
      if (group !== undefined) byGroup.set(group, (byGroup.get(group) ?? 0) + count);
    }
    return { groups: Int32Array.from(byGroup.keys()), counts: Float64Array.from(byGroup.values()) };
  }
}
