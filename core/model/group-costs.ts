/** What a byte costs between two nodes, by the smallest group of a topology that holds both. */
import type { Locality } from "./locality.ts";
import { type GroupedLocality, type Grouping, groupedLocalities, type Topology } from "./topology.ts";

/** Cost of a byte that stays within a group and in no smaller one. `group` is a number of `topology.grouping(locality)`; 0 at `other`. */
export type GroupCostOf = (locality: Locality, group: number) => number;

/** The groups of one locality, and those around them. */
export interface TopologyLevel {
  /** The nearest of the localities that divide the nodes so. */
  readonly locality: GroupedLocality;
  readonly grouping: Grouping;
  /** By group, the number of the group around it at the next level; 0 at the last, around which is everything. */
  readonly parents: Int32Array;
}

export interface CostLevel extends TopologyLevel {
  readonly costs: Float64Array;
  /** By group, what a byte costs more in the group around it. */
  readonly steps: Float64Array;
}

export interface GroupCosts {
  /** From the node outwards. */
  readonly levels: readonly CostLevel[];
  /** Of a byte that stays in no group at all. */
  readonly farCost: number;
}

/** The localities that divide the nodes differently, from the node outwards. O(nodes). */
export function levelsOf(topology: Topology): readonly TopologyLevel[] {
  const distinct = groupedLocalities.filter((locality, at) => {
    const nearer = groupedLocalities[at - 1];
    return nearer === undefined || topology.grouping(nearer) !== topology.grouping(locality);
  });
  return distinct.map((locality, at) => {
    const grouping = topology.grouping(locality);
    const around = distinct[at + 1];
    const parents = new Int32Array(grouping.count);
    if (around === undefined) return { locality, grouping, parents };
    const { groupOfNode } = topology.grouping(around);
    for (const [node, group] of grouping.groupOfNode.entries()) parents[group] = groupOfNode[node] ?? 0;
    return { locality, grouping, parents };
  });
}

/** Groups that are the same at several localities cost what they do at the nearest. O(nodes); worth keeping for a topology. */
export function groupCosts(topology: Topology, costOf: GroupCostOf): GroupCosts {
  const farCost = costOf("other", 0);
  const priced = levelsOf(topology).map((level) => ({
    ...level,
    costs: Float64Array.from({ length: level.grouping.count }, (_, group) => costOf(level.locality, group)),
  }));
  const levels = priced.map((level, at) => {
    const around = priced[at + 1]?.costs;
    const steps = level.costs.map((cost, group) => (around?.[level.parents[group] ?? 0] ?? farCost) - cost);
    return { ...level, steps };
  });
  return { levels, farCost };
}
