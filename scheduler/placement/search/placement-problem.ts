/** A scenario as arrays, which the search runs on. Services and nodes are numbers: their positions in the scenario. */
import { present } from "../../../core/model/invariant.ts";
import type { PlacementScenario, ReplicasByNode } from "../../../core/model/placement-scenario.ts";
import { type PeerLists, peerListsOf } from "./peer-lists.ts";
import { type ResourceUnits, resourceUnitsOf } from "./resource-units.ts";

/** A cell is one service on one node, at `node * serviceCount + service`: what shares a node lies together. */
export interface PlacementProblem extends ResourceUnits, PeerLists {
  readonly nodeCount: number;
  readonly serviceCount: number;
  /** By service. */
  readonly replicas: Int32Array;
  /** By cell, where replicas stand at first. */
  readonly initial: Int32Array;
  /** By cell, replicas that may not leave; undefined if all may. */
  readonly pinned: Int32Array | undefined;
  /** By cell, most replicas that may stand there; undefined if any number may anywhere. */
  readonly cellMax: Int32Array | undefined;
}

/** Takes O(services * nodes) time and memory. */
export function placementProblemOf(scenario: PlacementScenario): PlacementProblem {
  const { nodes, services } = scenario;
  const indexes = new Map(nodes.map(({ name }, index) => [name, index]));
  const cells = cellsOf(services.length, indexes);
  const isAnyPinned = services.some(({ pinned }) => pinned.size > 0);
  return {
    nodeCount: nodes.length,
    serviceCount: services.length,
    replicas: Int32Array.from(services, ({ replicas }) => replicas),
    initial: cells.counts(services.map(({ initial }) => initial)),
    pinned: isAnyPinned ? cells.counts(services.map(({ pinned }) => pinned)) : undefined,
    cellMax: cellMaxOf(scenario, indexes),
    ...resourceUnitsOf(scenario),
    ...peerListsOf(scenario),
  };
}

function cellsOf(serviceCount: number, indexes: ReadonlyMap<string, number>) {
  return {
    counts(byService: readonly ReplicasByNode[]): Int32Array {
      const counts = new Int32Array(serviceCount * indexes.size);
      for (const [service, byNode] of byService.entries())
        for (const [node, count] of byNode)
          counts[present(indexes.get(node), `node ${node}`) * serviceCount + service] = count;
      return counts;
    },
  };
}

function cellMaxOf({ nodes, services }: PlacementScenario, indexes: ReadonlyMap<string, number>) {
  if (services.every((service) => service.nodes === undefined && service.perNodeMax === undefined)) return undefined;
  const cellMax = new Int32Array(nodes.length * services.length);
  for (const [service, { nodes: allowed, perNodeMax, replicas, pinned }] of services.entries()) {
    const cellOf = (node: string) => present(indexes.get(node), `node ${node}`) * services.length + service;
    for (const node of allowed ?? indexes.keys()) cellMax[cellOf(node)] = perNodeMax ?? replicas;
    for (const [node, count] of pinned) cellMax[cellOf(node)] = Math.max(count, cellMax[cellOf(node)] ?? 0);
  }
  return cellMax;
}
