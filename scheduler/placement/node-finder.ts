import { Topology } from "../../core/model/topology.ts";

/**
 * Finds nodes by name. kube-scheduler names the same thousands of nodes in much the same order with every request, and comparing a
 * name with the one that came next last time is several times cheaper than hashing it.
 */
export class NodeFinder {
  #topology = new Topology([]);
  /** By node index, the node that followed it last time. */
  #next = new Int32Array(0);
  #first = -1;

  /** Node indexes in the order of the names; -1 for a node that the topology does not have. */
  find(topology: Topology, names: readonly string[]): Int32Array {
    if (topology !== this.#topology) this.#forget(topology);
    const found = new Int32Array(names.length);
    let guess = this.#first;
    let previous = -1;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] ?? "";
      const index = topology.names[guess] === name ? guess : topology.indexOf(name);
      found[i] = index;
      if (index < 0) continue;
      if (previous < 0) this.#first = index;
      else this.#next[previous] = index;
      previous = index;
      guess = this.#next[index] ?? -1;
    }
    return found;
  }

  #forget(topology: Topology): void {
    this.#topology = topology;
    this.#next = new Int32Array(topology.names.length).fill(-1);
    this.#first = -1;
  }
}
