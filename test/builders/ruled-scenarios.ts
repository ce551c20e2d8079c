/** Small scenarios whose services have to be spread or kept apart. */
import fc from "fast-check";
import type {
  PlacementScenario,
  ScenarioApart,
  ScenarioDomains,
  ScenarioService,
  ScenarioSpread,
} from "../../core/model/placement-scenario.ts";
import { checkPlacement } from "../../scheduler/placement/search/check-placement.ts";
import { anyCostTree } from "./cost-trees.ts";
import { anyScenario } from "./placement-scenario.ts";

const anyRules = fc.record({
  zones: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 4, maxLength: 4 }),
  spreads: fc.array(fc.record({ service: fc.nat(4), domains: fc.nat(1), skewMax: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 3,
  }),
  aparts: fc.array(fc.record({ service: fc.nat(4), other: fc.nat(4), domains: fc.nat(1) }), { maxLength: 4 }),
});

type Rules = typeof anyRules extends fc.Arbitrary<infer R> ? R : never;

/** Two divisions: into zones, some nodes being in none, and into nodes. */
function ruled(scenario: PlacementScenario, { zones, spreads, aparts }: Rules): PlacementScenario {
  const domains: ScenarioDomains[] = [
    { name: "zone", ofNode: scenario.nodes.map((_, node) => zones[node % zones.length] ?? 0) },
    { name: "node", ofNode: scenario.nodes.map((_, node) => node) },
  ];
  const nameOf = (draw: number) => scenario.services[draw % scenario.services.length]?.name ?? "";
  const services = scenario.services.map((service): ScenarioService => {
    const spread = spreads.filter((rule) => nameOf(rule.service) === service.name);
    const apart = aparts.filter((rule) => nameOf(rule.service) === service.name);
    return {
      ...service,
      spread: spread.map((rule): ScenarioSpread => ({ domains: rule.domains, skewMax: rule.skewMax })),
      apart: apart.map((rule): ScenarioApart => ({ domains: rule.domains, service: nameOf(rule.other) })),
    };
  });
  return { ...scenario, domains, services };
}

/** What stands may break any of its rules. */
export const anyRuledScenario: fc.Arbitrary<PlacementScenario> = fc
  .tuple(anyScenario, anyRules)
  .map(([scenario, rules]) => ruled(scenario, rules));

const withCosts = (scenario: PlacementScenario) =>
  fc.oneof(
    fc.constant(scenario),
    anyCostTree(scenario.nodes.length).map((costTree) => ({ ...scenario, costTree })),
  );

/** What stands keeps all rules: those that it breaks are left out. */
export const anyKeptScenario: fc.Arbitrary<PlacementScenario> = anyRuledScenario.map(onlyKept).chain(withCosts);

function onlyKept(scenario: PlacementScenario): PlacementScenario {
  const services = scenario.services.map((service) => {
    const others = scenario.services.map((each) => ({ ...each, spread: [], apart: [] }));
    const isKept = (part: Partial<ScenarioService>) => {
      const tried = others.map((each) => (each.name === service.name ? { ...each, ...part } : each));
      const initial = new Map(tried.map(({ name, initial }) => [name, initial]));
      return checkPlacement({ ...scenario, services: tried }, initial).violations.length === 0;
    };
    return {
      ...service,
      spread: service.spread?.filter((rule) => isKept({ spread: [rule] })),
      apart: service.apart?.filter((rule) => isKept({ apart: [rule] })),
    };
  });
  return { ...scenario, services };
}
