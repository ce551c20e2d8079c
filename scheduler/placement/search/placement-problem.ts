/** A scenario as arrays, which the search runs on. Services and nodes are numbers: their positions in the scenario. */
import { allowedNodes } from "../../../core/model/allowed-nodes.ts";
import { present } from "../../../core/model/invariant.ts";
import type { PlacementScenario, ReplicasByNode } from "../../../core/model/placement-scenario.ts";
import { type CostGroups, costGroupsOf, flatGroups } from "./cost-groups.ts";
import { type DomainRules, domainRulesOf } from "./domain-rules.ts";
import { ownWeightsOf, type PeerLists, peerListsOf } from "./peer-lists.ts";
import { type ResourceUnits, resourceUnitsOf } from "./resource-units.ts";

/** A cell is one service on one node, at `node * serviceCount + service`: what shares a node lies together. */
export interface PlacementProblem extends ResourceUnits, PeerLists, CostGroups {
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
  /** Spread and apart; undefined if there is none. */
  readonly rules: DomainRules | undefined;
  /** By service, part of all traffic that it has with itself; undefined if that costs the same everywhere. */
  readonly ownWeights: Float64Array | undefined;
}

/** Takes O(services * nodes) time and memory. */
export function placementProblemOf(scenario: PlacementScenario): PlacementProblem {
  const { nodes, services } = scenario;
  const indexes = new Map(nodes.map(({ name }, index) => [name, index]));
  const cells = cellsOf(services.length, indexes);
  const groups = scenario.costTree ? costGroupsOf(scenario.costTree, nodes.length) : flatGroups(nodes.length);
  const isAnyPinned = services.some(({ pinned }) => pinned.size > 0);
  return {
    nodeCount: nodes.length,
    serviceCount: services.length,
    replicas: Int32Array.from(services, ({ replicas }) => replicas),
    initial: cells.counts(services.map(({ initial }) => initial)),
    pinned: isAnyPinned ? cells.counts(services.map(({ pinned }) => pinned)) : undefined,
    cellMax: cellMaxOf(scenario, indexes),
    rules: domainRulesOf(scenario),
    ...resourceUnitsOf(scenario),
    ...peerListsOf(scenario),
    ...groups,
    ownWeights: groups.saved && ownWeightsOf(scenario),
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

function cellMaxOf(scenario: PlacementScenario, indexes: ReadonlyMap<string, number>): Int32Array | undefined {
  const { nodes, services } = scenario;
  const allowed = services.map((service) => allowedNodes(scenario, service));
  if (services.every(({ perNodeMax }, service) => allowed[service] === undefined && perNodeMax === undefined))
    return undefined;
  const cellMax = new Int32Array(nodes.length * services.length);
  for (const [service, { perNodeMax, replicas, pinned }] of services.entries()) {
    const cellOf = (node: number) => node * services.length + service;
    for (const node of allowed[service] ?? nodes.keys()) cellMax[cellOf(node)] = perNodeMax ?? replicas;
    for (const [name, count] of pinned) {
      const cell = cellOf(present(indexes.get(name), `node ${name}`));
      cellMax[cell] = Math.max(count, cellMax[cell] ?? 0);
    }
  }
  return cellMax;
}
