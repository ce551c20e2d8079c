/** Any placement that a scenario allows, and what a placement breaks of it: the limits read from their definitions alone. */
import type { PlacementScenario, PlannedPlacement, ScenarioService } from "../../core/model/placement-scenario.ts";
import { checkPlacement } from "../../scheduler/placement/search/check-placement.ts";

/** Draws placements until one breaks nothing; undefined if none of so many does. */
export function anyPlacement(
  scenario: PlacementScenario,
  random: () => number,
  drawsMax: number,
): PlannedPlacement | undefined {
  for (let draw = 0; draw < drawsMax; draw++) {
    const placement = new Map(scenario.services.map((service) => [service.name, drawn(scenario, service, random)]));
    if (isAllowed(scenario, placement)) return placement;
  }
  return undefined;
}

export function isAllowed(scenario: PlacementScenario, placement: PlannedPlacement): boolean {
  return (
    checkPlacement(scenario, placement).violations.length === 0 &&
    scenario.services.every(
      (service) => isSpread(scenario, service, placement) && isApart(scenario, service, placement),
    )
  );
}

/** What is pinned stays; of what is free to move, each stays or goes; all others stand anywhere. */
function drawn({ nodes }: PlacementScenario, service: ScenarioService, random: () => number): Map<string, number> {
  const counts = new Map(service.pinned);
  const put = (node: string) => counts.set(node, (counts.get(node) ?? 0) + 1);
  const open = service.nodes ?? nodes.map(({ name }) => name);
  const anywhere = () => put(open[Math.floor(random() * open.length)] ?? "");
  let standing = 0;
  for (const [node, count] of service.initial)
    for (let replica = 0; replica < count; replica++) {
      standing++;
      if (replica < (service.pinned.get(node) ?? 0)) continue;
      if (random() < 0.6) put(node);
      else anywhere();
    }
  for (let replica = standing; replica < service.replicas; replica++) anywhere();
  return counts;
}

function byDomain(
  { domains = [], nodes }: PlacementScenario,
  division: number,
  counts: ReadonlyMap<string, number> = new Map(),
) {
  const sums = new Map<number, number>();
  for (const [index, { name }] of nodes.entries()) {
    const domain = domains[division]?.ofNode[index] ?? -1;
    const count = counts.get(name) ?? 0;
    if (domain >= 0 && count > 0) sums.set(domain, (sums.get(domain) ?? 0) + count);
  }
  return sums;
}

function isSpread(scenario: PlacementScenario, service: ScenarioService, placement: PlannedPlacement): boolean {
  return (service.spread ?? []).every(({ domains, skewMax }) => {
    const counts = byDomain(scenario, domains, placement.get(service.name));
    const open = scenario.nodes.flatMap(({ name }, index) =>
      (service.nodes?.includes(name) ?? true) ? [scenario.domains?.[domains]?.ofNode[index] ?? -1] : [],
    );
    const all = open.filter((domain) => domain >= 0).map((domain) => counts.get(domain) ?? 0);
    return Math.max(...all) - Math.min(...all) <= skewMax;
  });
}

function isApart(
  scenario: PlacementScenario,
  { name, apart = [] }: ScenarioService,
  placement: PlannedPlacement,
): boolean {
  return apart.every(({ domains, service }) => {
    const own = byDomain(scenario, domains, placement.get(name));
    if (service === name) return [...own.values()].every((count) => count <= 1);
    const others = byDomain(scenario, domains, placement.get(service));
    return [...own.keys()].every((domain) => !others.has(domain));
  });
}
