/** A scenario as the file that `parsePlacementScenario` reads. */
import type { Place } from "../../core/model/locality.ts";
import type {
  PlacementScenario,
  ReplicasByNode,
  ScenarioNode,
  ScenarioService,
} from "../../core/model/placement-scenario.ts";
import type { ScenarioFile } from "./placement-scenario.ts";
import { domainsFileOf } from "./scenario-domains.ts";
import { resourceKeysOf } from "./scenario-resources.ts";

/**
 * Read again it is the same scenario. Costs between nodes are not written, but the places from which they can be worked out.
 *
 * @param places in the order of the nodes.
 */
export function placementScenarioFile(scenario: PlacementScenario, places: readonly Place[] = []): ScenarioFile {
  const { name, resources, nodes, services, traffic, domains } = scenario;
  const labels = domains?.map((each) => each.name) ?? [];
  return {
    name,
    nodes: nodes.map((node, index) => ({ ...nodeOf(node, resources), ...labelsOf(places[index]) })),
    services: services.map((service) => ({ ...serviceOf(service, resources), ...rulesOf(service, labels) })),
    traffic: traffic.map(({ from, to, weight }) => ({ from, to, weight })),
    ...(domains ? { domains: domainsFileOf(domains) } : {}),
  };
}

function nodeOf({ name, capacity }: ScenarioNode, resources: readonly string[]): ScenarioFile["nodes"][number] {
  return { name, ...resourceKeysOf(capacity, resources) };
}

function labelsOf(place: Place | undefined): { rack?: string; zone?: string; region?: string } {
  if (!place) return {};
  const { rack, zone, region } = place;
  return {
    ...(rack === undefined ? {} : { rack }),
    ...(zone === undefined ? {} : { zone }),
    ...(region === undefined ? {} : { region }),
  };
}

function serviceOf(service: ScenarioService, resources: readonly string[]): ScenarioFile["services"][number] {
  const { name, replicas, request, nodes, perNodeMax, initial, pinned } = service;
  return {
    name,
    replicas,
    ...resourceKeysOf(request, resources),
    nodes: nodes === undefined ? "*" : [...nodes],
    initial: countsOf(initial),
    ...(pinned.size > 0 ? { pinned: countsOf(pinned) } : {}),
    ...(perNodeMax === undefined ? {} : { perNodeMax }),
  };
}

function rulesOf({ spread, apart }: ScenarioService, labels: readonly string[]) {
  const named = <T extends { readonly domains: number }>(rule: T) => ({ ...rule, domains: labels[rule.domains] ?? "" });
  return { ...(spread ? { spread: spread.map(named) } : {}), ...(apart ? { apart: apart.map(named) } : {}) };
}

function countsOf(counts: ReplicasByNode): Record<string, number> {
  return Object.fromEntries(counts);
}
