/** The cluster's nodes by number, and their divisions by label. */
import type { ClusterNode } from "../../../core/model/cluster-node.ts";
import type { Pod } from "../../../core/model/pod.ts";

/** Nodes by the value of one label. */
export interface Division {
  readonly label: string;
  /** By node, the number of its domain, from 0; -1 for a node without the label. */
  readonly ofNode: Int32Array;
  readonly count: number;
  /** No domain has two nodes. */
  readonly isByNode: boolean;
}

/** The name of the division in which every node is a domain, which is no label. */
export const byNode = "node";

export class ClusterNodes {
  readonly list: readonly ClusterNode[];
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #divisions = new Map<string, Division>();

  constructor(list: readonly ClusterNode[]) {
    this.list = list;
    this.#indexes = new Map(list.map(({ name }, index) => [name, index]));
  }

  /** -1 for a pod that stands nowhere, or on a node that is not known. */
  indexOf({ node }: Pick<Pod, "node">): number {
    return node === undefined ? -1 : (this.#indexes.get(node) ?? -1);
  }

  /** O(nodes) when first asked for a label. */
  division(label: string): Division {
    const known = this.#divisions.get(label);
    if (known) return known;
    const division = label === byNode ? this.#byNode() : this.#byLabel(label);
    this.#divisions.set(label, division);
    return division;
  }

  #byNode(): Division {
    const count = this.list.length;
    return { label: byNode, ofNode: Int32Array.from(this.list, (_, index) => index), count, isByNode: true };
  }

  #byLabel(label: string): Division {
    const numbers = new Map<string, number>();
    let labelled = 0;
    const ofNode = Int32Array.from(this.list, ({ labels }) => {
      const value = labels[label];
      if (value === undefined) return -1;
      labelled++;
      const number = numbers.get(value) ?? numbers.size;
      numbers.set(value, number);
      return number;
    });
    return { label, ofNode, count: numbers.size, isByNode: numbers.size === labelled };
  }
}
