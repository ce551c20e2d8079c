/** What all traffic of a scenario costs as replicas stand, kept up to date while single replicas move. */
import type { CostTree } from "../../core/model/cost-tree.ts";
import { present } from "../../core/model/invariant.ts";
import type { PlacementScenario, ReplicasByNode } from "../../core/model/placement-scenario.ts";

/** One replica of a service goes from one node to another. */
export interface ReplicaMove {
  readonly service: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Weight times what a byte costs, over all pairs, under the split that the mesh uses. Each group g of the cost tree keeps
 * min(S_g, T_g), the shares of the two services' replicas in it, so a pair costs
 *
 *     w * (cost(all) - sum over groups g below all of (cost(parent(g)) - cost(g)) * min(S_g, T_g))
 *
 * Without a cost tree a byte costs 1 between any two nodes. A move costs work for the pairs of its service only.
 */
export class TrafficCost {
  readonly #tree: CostTree;
  readonly #nodes: ReadonlyMap<string, number>;
  readonly #services = new Map<string, PlacedService>();
  #total = 0;

  /** Where replicas stand at first in the scenario; pending ones stand nowhere and have no part in the traffic. */
  constructor({ nodes, services, traffic, costTree }: PlacementScenario) {
    this.#tree = costTree ?? evenTree(nodes.length);
    this.#nodes = new Map(nodes.map(({ name }, index) => [name, index]));
    for (const { name, initial } of services) this.#services.set(name, this.#placed(initial));
    for (const { from, to, weight } of traffic) this.#addPair(from, to, weight);
    for (const service of this.#services.values())
      for (const pair of service.pairs) if (pair.source === service) this.#total += this.#costOf(pair);
  }

  get total(): number {
    return this.#total;
  }

  /** Whether the service has a replica on that node. */
  stands(service: string, node: string): boolean {
    return (this.#services.get(service)?.byGroup.get(this.#nodes.get(node) ?? -1) ?? 0) > 0;
  }

  /** What the move saves, below 0 where it costs more; undefined for a move that cannot be made. */
  gainOf(move: ReplicaMove): number | undefined {
    const gain = this.make(move);
    if (gain !== undefined) this.make({ service: move.service, from: move.to, to: move.from });
    return gain;
  }

  /** Makes the move; what it saves, or undefined if it cannot be made. */
  make({ service: name, from, to }: ReplicaMove): number | undefined {
    const service = this.#services.get(name);
    const [source, target] = [this.#nodes.get(from), this.#nodes.get(to)];
    if (!service || target === undefined || source === undefined || !this.stands(name, from)) return undefined;
    const before = this.#costOfPairs(service);
    this.#add(service, source, -1);
    this.#add(service, target, 1);
    const gain = before - this.#costOfPairs(service);
    this.#total -= gain;
    return gain;
  }

  #placed(initial: ReplicasByNode): PlacedService {
    const service: PlacedService = { byGroup: new Map(), total: 0, pairs: [] };
    for (const [node, count] of initial) this.#add(service, present(this.#nodes.get(node), `node ${node}`), count);
    return service;
  }

  #addPair(from: string, to: string, weight: number): void {
    const [source, destination] = [this.#services.get(from), this.#services.get(to)];
    if (!source || !destination || source === destination) return;
    const pair = { source, destination, weight };
    source.pairs.push(pair);
    destination.pairs.push(pair);
  }

  #add(service: PlacedService, node: number, count: number): void {
    const { parent } = this.#tree;
    service.total += count;
    for (let group = node; group >= 0; group = parent[group] ?? -1) {
      const standing = (service.byGroup.get(group) ?? 0) + count;
      if (standing > 0) service.byGroup.set(group, standing);
      else service.byGroup.delete(group);
    }
  }

  #costOfPairs({ pairs }: PlacedService): number {
    return pairs.reduce((sum, pair) => sum + this.#costOf(pair), 0);
  }

  #costOf({ source, destination, weight }: Pair): number {
    if (source.total === 0 || destination.total === 0) return 0;
    const { parent, cost } = this.#tree;
    const costAt = (group: number) => cost[group] ?? 0;
    const few = source.byGroup.size <= destination.byGroup.size ? source : destination;
    const other = few === source ? destination : source;
    let perByte = costAt(cost.length - 1);
    for (const [group, count] of few.byGroup) {
      const around = parent[group] ?? -1;
      const shared = Math.min(count / few.total, (other.byGroup.get(group) ?? 0) / other.total);
      if (around >= 0) perByte -= (costAt(around) - costAt(group)) * shared;
    }
    return weight * perByte;
  }
}

interface PlacedService {
  /** Replicas by group of the cost tree, nodes included; only groups that have any. */
  readonly byGroup: Map<number, number>;
  total: number;
  readonly pairs: Pair[];
}

interface Pair {
  readonly source: PlacedService;
  readonly destination: PlacedService;
  readonly weight: number;
}

function evenTree(nodeCount: number): CostTree {
  const cost = new Float64Array(nodeCount + 1);
  cost[nodeCount] = 1;
  return { parent: new Int32Array(nodeCount + 1).fill(nodeCount).fill(-1, nodeCount), cost };
}
