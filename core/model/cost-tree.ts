/**
 * What a byte costs between any two nodes: nodes lie in groups that nest, and a byte between two nodes costs what their smallest
 * common group says.
 *
 * Groups are numbers. Group i below the number of nodes is node i alone; a group's parent has a larger number than the group; the
 * last group holds all nodes.
 */
import type { GroupCostOf } from "./group-costs.ts";
import { invariant, present } from "./invariant.ts";
import { type Locality, localities } from "./locality.ts";
import type { Topology } from "./topology.ts";

export interface CostTree {
  /** By group, the next larger group around it; -1 for the last, which holds all. */
  readonly parent: Int32Array;
  /** By group, cost of a byte within it that stays in no smaller group; at least 0, and at most the parent's. */
  readonly cost: Float64Array;
}

/**
 * The groups that topology labels declare, each once: one that holds the same nodes as a smaller one is left out. A group that
 * would cost more than the one around it, as measured costs may, costs as much. O(nodes * localities).
 *
 * @param costOf finite, at least 0.
 */
export function costTreeOf(topology: Topology, costOf: GroupCostOf): CostTree {
  const parent: number[] = topology.places.map(() => -1);
  const cost = topology.places.map((_, node) => costOf("node", groupAt(topology, "node", node)));
  let around = topology.places.map((_, node) => node);
  for (const locality of localities.slice(1)) {
    const larger = new Map<number, number>();
    for (const [group, members] of membersByGroup(topology, locality, around)) {
      if (members.size < 2) continue;
      for (const member of members) {
        parent[member] = parent.length;
        larger.set(member, parent.length);
      }
      parent.push(-1);
      cost.push(costOf(locality, group));
    }
    around = around.map((group) => larger.get(group) ?? group);
  }
  return { parent: Int32Array.from(parent), cost: clamped(parent, cost) };
}

/** What a byte costs from one node to another, or to itself. O(depth of the tree). */
export function costBetween(tree: CostTree, node: number, other: number): number {
  return present(tree.cost[meetingOf(tree, node, other)], "cost of a group");
}

/** What a byte costs between the nodes that are farthest apart, which is the most that one can cost. */
export function costMostOf(tree: CostTree, nodeCount: number): number {
  let group = 0;
  for (let node = 1; node < nodeCount; node++) group = meetingOf(tree, group, node);
  return present(tree.cost[group], "cost of a group");
}

/** The smallest group that holds both. */
function meetingOf({ parent }: CostTree, one: number, other: number): number {
  let [a, b] = [one, other];
  while (a !== b) {
    if (a < b) a = present(parent[a], "group around a node");
    else b = present(parent[b], "group around a node");
  }
  return a;
}

/** The groups so far that lie in each group of a locality. */
function membersByGroup(topology: Topology, locality: Locality, around: readonly number[]): Map<number, Set<number>> {
  const members = new Map<number, Set<number>>();
  for (const [node, member] of around.entries()) {
    const group = groupAt(topology, locality, node);
    const already = members.get(group);
    if (already) already.add(member);
    else members.set(group, new Set([member]));
  }
  return members;
}

function groupAt(topology: Topology, locality: Locality, node: number): number {
  return locality === "other" ? 0 : present(topology.grouping(locality).groupOfNode[node], "group of a node");
}

/** From the largest group inwards. */
function clamped(parent: readonly number[], costs: readonly number[]): Float64Array {
  const cost = Float64Array.from(costs);
  for (let group = cost.length - 1; group >= 0; group--) {
    const own = present(cost[group], "cost of a group");
    invariant(Number.isFinite(own) && own >= 0, "costs are finite and at least 0");
    cost[group] = Math.min(own, cost[parent[group] ?? -1] ?? Number.POSITIVE_INFINITY);
  }
  return cost;
}
