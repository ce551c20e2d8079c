/** Recomputes everything that is claimed of a placement from the scenario's names alone, so that the search cannot err unseen. */

import { allowedNodes } from "../../../core/model/allowed-nodes.ts";
import type {
  PlacementScenario,
  PlannedPlacement,
  ReplicasByNode,
  ScenarioService,
} from "../../../core/model/placement-scenario.ts";
import { costOfPlacement } from "./cost-of-placement.ts";
import { type DomainViolation, domainViolations } from "./domain-violations.ts";

export interface PlacementFacts {
  /** sum w * sum over nodes of min(x_s/d_s, x_t/d_t) / sum w, in [0, 1]; 0 without traffic. */
  readonly gainedAffinity: number;
  /** sum w * sum over nodes of (x_s/d_s)(x_t/d_t) / sum w: what stays on its node if replicas are chosen in turns. */
  readonly roundRobinShare: number;
  /**
   * What the search makes large, in [0, 1]: what traffic saves of the cost between the farthest nodes, as part of what it could save.
   * The gained affinity where there are no costs.
   */
  readonly saved: number;
  /** Where there are costs: what a byte costs on average, pending replicas counting as farthest away. */
  readonly meanCost?: number;
  /** Replicas that stood somewhere and are not there any more. */
  readonly moves: number;
  readonly violations: readonly PlacementViolation[];
}

export type PlacementViolation =
  | DomainViolation
  | {
      readonly kind: "capacity";
      readonly node: string;
      readonly resource: string;
      readonly used: number;
      readonly capacity: number;
    }
  | { readonly kind: "replicas"; readonly service: string; readonly placed: number; readonly replicas: number }
  | { readonly kind: "nodes"; readonly service: string; readonly node: string; readonly replicas: number }
  | { readonly kind: "per-node"; readonly service: string; readonly node: string; readonly replicas: number }
  | { readonly kind: "pinned"; readonly service: string; readonly node: string; readonly replicas: number };

/** Sums of decimal fractions may exceed by so much what they should be. */
const TOLERANCE = 1e-9;

export function checkPlacement(scenario: PlacementScenario, placement: PlannedPlacement): PlacementFacts {
  const { services } = scenario;
  const gainedAffinity = affinity(scenario, placement, Math.min);
  return {
    gainedAffinity,
    roundRobinShare: affinity(scenario, placement, (a, b) => a * b),
    ...(scenario.costTree ? costOfPlacement(scenario, scenario.costTree, placement) : { saved: gainedAffinity }),
    moves: services.reduce((moves, { name, initial }) => moves + movesOf(initial, on(placement, name)), 0),
    violations: [
      ...services.flatMap((service) => serviceViolations(scenario, service, on(placement, service.name))),
      ...capacityViolations(scenario, placement),
      ...domainViolations(scenario, placement),
    ],
  };
}

function affinity(
  { services, traffic }: PlacementScenario,
  placement: PlannedPlacement,
  together: (a: number, b: number) => number,
): number {
  const replicas = new Map(services.map((service) => [service.name, service.replicas]));
  let [stays, all] = [0, 0];
  for (const { from, to, weight } of traffic) {
    const [source, destination] = [on(placement, from), on(placement, to)];
    all += weight;
    for (const [node, count] of source) {
      const [shareFrom, shareTo] = [
        count / (replicas.get(from) ?? 1),
        (destination.get(node) ?? 0) / (replicas.get(to) ?? 1),
      ];
      stays += weight * together(shareFrom, shareTo);
    }
  }
  return all > 0 ? stays / all : 0;
}

function movesOf(initial: ReplicasByNode, now: ReplicasByNode): number {
  return [...initial].reduce((moves, [node, count]) => moves + Math.max(0, count - (now.get(node) ?? 0)), 0);
}

function serviceViolations(
  scenario: PlacementScenario,
  service: ScenarioService,
  now: ReplicasByNode,
): PlacementViolation[] {
  const { name, replicas, perNodeMax = replicas, pinned } = service;
  const violations: PlacementViolation[] = [];
  const allowed = allowedNodes(scenario, service) ?? [...scenario.nodes.keys()];
  const existing = new Set(allowed.map((node) => scenario.nodes[node]?.name));
  const placed = [...now.values()].reduce((sum, count) => sum + count, 0);
  if (placed !== replicas || [...now.values()].some((count) => !Number.isInteger(count) || count < 0))
    violations.push({ kind: "replicas", service: name, placed, replicas });
  for (const [node, count] of now) {
    // What may not leave is no violation.
    if (count <= (pinned.get(node) ?? 0)) continue;
    if (!existing.has(node)) violations.push({ kind: "nodes", service: name, node, replicas: count });
    if (count > perNodeMax) violations.push({ kind: "per-node", service: name, node, replicas: count });
  }
  for (const [node, count] of pinned)
    if ((now.get(node) ?? 0) < count)
      violations.push({ kind: "pinned", service: name, node, replicas: now.get(node) ?? 0 });
  return violations;
}

function capacityViolations({ resources, nodes, services }: PlacementScenario, placement: PlannedPlacement) {
  return nodes.flatMap(({ name: node, capacity: capacities }) =>
    resources.flatMap((resource, index): PlacementViolation[] => {
      const used = services.reduce(
        (sum, { name, request }) => sum + (on(placement, name).get(node) ?? 0) * (request[index] ?? 0),
        0,
      );
      const capacity = capacities[index] ?? 0;
      return used > capacity * (1 + TOLERANCE) ? [{ kind: "capacity", node, resource, used, capacity }] : [];
    }),
  );
}

function on(placement: PlannedPlacement, service: string): ReplicasByNode {
  return placement.get(service) ?? NOWHERE;
}

const NOWHERE: ReplicasByNode = new Map();
