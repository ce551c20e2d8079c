/**
 * What a byte costs between any two nodes: nodes lie in groups that nest, and a byte between two nodes costs what their smallest
 * common group says.
 *
 * Groups are numbers. Group i below the number of nodes is node i alone; a group's parent has a larger number than the group; the
 * last group holds all nodes.
 */
export interface CostTree {
  /** By group, the next larger group around it; -1 for the last, which holds all. */
  readonly parent: Int32Array;
  /** By group, cost of a byte within it that stays in no smaller group; at least 0, and at most the parent's. */
  readonly cost: Float64Array;
}
