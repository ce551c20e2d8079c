/** Spread and apart by number. */
import { allowedNodes } from "../../../core/model/allowed-nodes.ts";
import { present } from "../../../core/model/invariant.ts";
import type { PlacementScenario, ScenarioService } from "../../../core/model/placement-scenario.ts";

export interface DomainRules {
  /** By the scenario's divisions and node, the node's domain, or -1. */
  readonly divisions: readonly Int32Array[];
  /** By service, how evenly it has to lie. */
  readonly spreads: readonly (readonly SpreadRule[])[];
  /** By service, beside whom it may not stand; each pair is on both sides' lists. */
  readonly aparts: readonly (readonly ApartRule[])[];
}

export interface SpreadRule {
  /** By node, its domain, or -1 if it has none or the service may stand nowhere in it: then it does not count. */
  readonly ofNode: Int32Array;
  readonly domainCount: number;
  readonly skewMax: number;
}

export interface ApartRule {
  /** Index into the divisions. */
  readonly division: number;
  readonly other: number;
}

/** Undefined if no service has any. */
export function domainRulesOf(scenario: PlacementScenario): DomainRules | undefined {
  const { services, domains = [] } = scenario;
  if (services.every(({ spread = [], apart = [] }) => spread.length + apart.length === 0)) return undefined;
  const divisions = domains.map(({ ofNode }) => Int32Array.from(ofNode));
  return {
    divisions,
    spreads: services.map((service) => spreadRules(scenario, service, divisions)),
    aparts: apartRules(services),
  };
}

/** Only domains with a node where the service may stand count, numbered anew; what stands on another node of one counts too. */
function spreadRules(
  scenario: PlacementScenario,
  service: ScenarioService,
  divisions: readonly Int32Array[],
): SpreadRule[] {
  const { spread = [] } = service;
  if (spread.length === 0) return [];
  const allowed = allowedNodes(scenario, service) ?? [];
  return spread.map(({ domains: division, skewMax }) => {
    const domainOf = present(divisions[division], "a division into domains");
    const open = new Set(allowed.map((node) => domainOf[node]));
    const domainCount = domainOf.reduce((most, domain) => Math.max(most, domain), -1) + 1;
    // Most services may stand in all domains, and share the numbers of the division.
    if (open.size === domainCount) return { ofNode: domainOf, domainCount, skewMax };
    const numbers = new Map([...open].map((domain, number) => [domain, number]));
    return {
      ofNode: Int32Array.from(domainOf, (domain) => numbers.get(domain) ?? -1),
      domainCount: numbers.size,
      skewMax,
    };
  });
}

function apartRules(services: readonly ScenarioService[]): ApartRule[][] {
  const indexes = new Map(services.map(({ name }, index) => [name, index]));
  const rules = services.map(() => new Map<string, ApartRule>());
  for (const [service, { apart = [] }] of services.entries())
    for (const { domains: division, service: name } of apart) {
      const other = present(indexes.get(name), `service ${name}`);
      rules[service]?.set(`${division} ${other}`, { division, other });
      rules[other]?.set(`${division} ${service}`, { division, other: service });
    }
  return rules.map((each) => [...each.values()]);
}
