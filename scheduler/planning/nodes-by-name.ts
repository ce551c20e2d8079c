import type { ClusterNode } from "../../core/model/cluster-node.ts";
import { type CostTree, costTreeOf } from "../../core/model/cost-tree.ts";
import { Topology } from "../../core/model/topology.ts";
import type { CurrentCosts, PricedTopology } from "../placement/current-costs.ts";

export interface PricedNodes {
  /** By name. */
  readonly nodes: readonly ClusterNode[];
  /** By index into `nodes`. */
  readonly costTree: CostTree;
}

/** A view lists nodes in the order in which this replica heard of them, and plans have to be the same in every replica. */
export class NodesByName {
  readonly #costs: CurrentCosts;
  #listed: readonly ClusterNode[] = [];
  #nodes: readonly ClusterNode[] = [];
  #topology = new Topology([]);
  #priced: PricedTopology | undefined;
  #costTree: CostTree | undefined;

  constructor(costs: CurrentCosts) {
    this.#costs = costs;
  }

  /** Worked out again only for another list, or other costs. */
  of(listed: readonly ClusterNode[]): PricedNodes {
    if (listed !== this.#listed) {
      this.#listed = listed;
      this.#nodes = [...listed].sort((a, b) => (a.name < b.name ? -1 : 1));
      this.#topology = new Topology(this.#nodes.map(({ place }) => place));
    }
    const priced = this.#costs.of(this.#topology);
    if (priced !== this.#priced || !this.#costTree) {
      this.#priced = priced;
      this.#costTree = costTreeOf(this.#topology, priced.costOf);
    }
    return { nodes: this.#nodes, costTree: this.#costTree };
  }
}
