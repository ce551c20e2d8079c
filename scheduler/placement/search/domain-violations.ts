import { allowedNodes } from "../../../core/model/allowed-nodes.ts";
import { present } from "../../../core/model/invariant.ts";
import type {
  PlacementScenario,
  PlannedPlacement,
  ReplicasByNode,
  ScenarioDomains,
  ScenarioService,
} from "../../../core/model/placement-scenario.ts";

export type DomainViolation =
  /** `skew` is how many replicas the fullest domain has more than the emptiest. */
  | {
      readonly kind: "spread";
      readonly service: string;
      readonly domains: string;
      readonly skew: number;
      readonly skewMax: number;
    }
  /** `nodes` of one domain where replicas of both stand. */
  | {
      readonly kind: "apart";
      readonly service: string;
      readonly other: string;
      readonly domains: string;
      readonly nodes: readonly string[];
    };

export function domainViolations(scenario: PlacementScenario, placement: PlannedPlacement): DomainViolation[] {
  return scenario.services.flatMap((service) => [
    ...spreadViolations(scenario, service, placement.get(service.name)),
    ...apartViolations(scenario, service, placement),
  ]);
}

function spreadViolations(
  scenario: PlacementScenario,
  service: ScenarioService,
  now: ReplicasByNode = new Map(),
): DomainViolation[] {
  const { name, spread = [] } = service;
  if (spread.length === 0) return [];
  const allowed = allowedNodes(scenario, service) ?? [];
  return spread.flatMap(({ domains: division, skewMax }): DomainViolation[] => {
    const { name: domains, ofNode } = divisionAt(scenario, division);
    const byDomain = new Map(allowed.map((node) => [ofNode[node], 0]));
    for (const [index, node] of scenario.nodes.entries()) {
      const before = byDomain.get(ofNode[index]);
      if (before !== undefined) byDomain.set(ofNode[index], before + (now.get(node.name) ?? 0));
    }
    const counts = [...byDomain.values()];
    const skew = counts.reduce((most, each) => Math.max(most, each), 0) - Math.min(...counts);
    return skew > skewMax ? [{ kind: "spread", service: name, domains, skew, skewMax }] : [];
  });
}

/** One for each domain; a pair of services that both say it is named from each side. */
function apartViolations(
  scenario: PlacementScenario,
  { name, apart = [] }: ScenarioService,
  placement: PlannedPlacement,
): DomainViolation[] {
  return apart.flatMap(({ domains: division, service: other }) => {
    const { name: domains, ofNode } = divisionAt(scenario, division);
    const byDomain = Map.groupBy(scenario.nodes, (_, node) => ofNode[node] ?? -1);
    byDomain.delete(-1);
    return [...byDomain.values()].flatMap((members): DomainViolation[] => {
      const standing = (service: string) =>
        members.reduce((sum, node) => sum + (placement.get(service)?.get(node.name) ?? 0), 0);
      const isBroken = other === name ? standing(name) > 1 : standing(name) > 0 && standing(other) > 0;
      if (!isBroken) return [];
      const nodes = members.map((node) => node.name).filter((node) => isOn(placement, node, [name, other]));
      return [{ kind: "apart", service: name, other, domains, nodes }];
    });
  });
}

function isOn(placement: PlannedPlacement, node: string, services: readonly string[]): boolean {
  return services.some((service) => (placement.get(service)?.get(node) ?? 0) > 0);
}

function divisionAt({ domains = [] }: PlacementScenario, index: number): ScenarioDomains {
  return present(domains[index], "a division into domains");
}
