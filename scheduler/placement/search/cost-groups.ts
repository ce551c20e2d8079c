import type { CostTree } from "../../../core/model/cost-tree.ts";
import { present } from "../../../core/model/invariant.ts";

/**
 * The groups of nodes in which it counts what of a pair's traffic stays. The balanced split keeps min(S_g, T_g) in each group g,
 * where S_g and T_g are the shares of the pair's replicas there, so that a byte of the pair costs
 *
 *     cost(all) - sum over groups g but that of all nodes of (cost(parent of g) - cost(g)) * min(S_g, T_g)
 *
 * Group i below the number of nodes is node i; the last group holds all nodes; a parent has a larger number than its children.
 */
export interface CostGroups {
  readonly groupCount: number;
  /** By group but the last, the group around it. */
  readonly parent: Int32Array;
  /** By group but the last, what a byte saves that stays in it and not only in its parent, as part of what one can save at most. */
  readonly step: Float64Array;
  /** By node, what a byte saves that stays there; undefined if it saves all there is to save on every node. */
  readonly saved: Float64Array | undefined;
}

/** Every byte between two nodes costs alike: what is saved is the gained affinity. */
export function flatGroups(nodeCount: number): CostGroups {
  return {
    groupCount: nodeCount + 1,
    parent: new Int32Array(nodeCount).fill(nodeCount),
    step: new Float64Array(nodeCount).fill(1),
    saved: undefined,
  };
}

/** Without groups that save nothing, or that hold the same nodes as a smaller one. O(groups). */
export function costGroupsOf(tree: CostTree, nodeCount: number): CostGroups {
  if (nodeCount < 2)
    return { ...flatGroups(nodeCount), step: new Float64Array(nodeCount), saved: new Float64Array(nodeCount) };
  const around = keptAround(tree, nodeCount);
  const kept = [...around.keys()].filter((group) => around[group] === group);
  const numbers = new Map(kept.map((group, number) => [group, number]));
  const costs = Float64Array.from(kept, (group) => at(tree.cost, group));
  const parent = Int32Array.from(kept.slice(0, -1), (group) =>
    present(numbers.get(at(around, at(tree.parent, group))), "a kept group"),
  );
  const most = at(costs, parent.length);
  const span = most - costs.reduce((least, cost) => Math.min(least, cost), most);
  const part = (saving: number) => (span > 0 ? saving / span : 0);
  const saved = costs.subarray(0, nodeCount).map((cost) => part(most - cost));
  return {
    groupCount: kept.length,
    parent,
    step: Float64Array.from(parent, (outer, group) => part(at(costs, outer) - at(costs, group))),
    saved: saved.every((each) => each === 1) ? undefined : saved,
  };
}

/** By group, itself if it is kept, and else the next kept one around it; -1 outside the smallest group of all nodes. */
function keptAround({ parent, cost }: CostTree, nodeCount: number): Int32Array {
  const { size, childMax } = sizesOf(parent, nodeCount);
  const around = new Int32Array(parent.length).fill(-1);
  for (let group = parent.length - 1; group >= 0; group--) {
    const outer = around[at(parent, group)] ?? -1;
    const isWider = at(size, group) > at(childMax, group);
    const isKept = group < nodeCount || (isWider && (outer < 0 || at(cost, group) < at(cost, outer)));
    around[group] = isKept ? group : outer;
  }
  return around;
}

/** By group, how many nodes are in it, and in the largest group within it. */
function sizesOf(parent: Int32Array, nodeCount: number): { size: Int32Array; childMax: Int32Array } {
  const size = new Int32Array(parent.length).fill(1, 0, nodeCount);
  const childMax = new Int32Array(parent.length);
  for (const [group, outer] of parent.entries()) {
    if (outer < 0) continue;
    size[outer] = at(size, outer) + at(size, group);
    childMax[outer] = Math.max(at(childMax, outer), at(size, group));
  }
  return { size, childMax };
}

function at(values: ArrayLike<number>, index: number): number {
  return present(values[index], "a group");
}
