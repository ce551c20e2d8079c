/** A scenario as the file that `parsePlacementScenario` reads. */
import type {
  PlacementScenario,
  ReplicasByNode,
  ScenarioNode,
  ScenarioService,
} from "../../core/model/placement-scenario.ts";
import type { ScenarioFile } from "./placement-scenario.ts";
import { resourceKeysOf } from "./scenario-resources.ts";

/** Read again it is the same scenario. */
export function placementScenarioFile({ name, resources, nodes, services, traffic }: PlacementScenario): ScenarioFile {
  return {
    name,
    nodes: nodes.map((node) => nodeOf(node, resources)),
    services: services.map((service) => serviceOf(service, resources)),
    traffic: traffic.map(({ from, to, weight }) => ({ from, to, weight })),
  };
}

function nodeOf({ name, capacity }: ScenarioNode, resources: readonly string[]): ScenarioFile["nodes"][number] {
  return { name, ...resourceKeysOf(capacity, resources) };
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

function countsOf(counts: ReplicasByNode): Record<string, number> {
  return Object.fromEntries(counts);
}
