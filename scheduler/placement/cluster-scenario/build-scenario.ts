import type { PlacementScenario, ScenarioDomains, ScenarioService } from "../../../core/model/placement-scenario.ts";
import type { Pod } from "../../../core/model/pod.ts";
import type { ClusterScenarioInput } from "../cluster-scenario.ts";
import type { ClusterNodes, Division } from "./cluster-nodes.ts";
import type { NodeRoom } from "./node-capacities.ts";
import type { PlannedWorkload } from "./planned-workload.ts";

export interface ScenarioParts {
  readonly input: ClusterScenarioInput;
  readonly nodes: ClusterNodes;
  readonly resources: readonly string[];
  readonly services: readonly PlannedWorkload[];
  /** By node. */
  readonly rooms: readonly NodeRoom[];
}

export function buildScenario({ input, nodes, resources, services, rooms }: ScenarioParts): PlacementScenario {
  const domains: ScenarioDomains[] = [];
  const numbers = new Map<string, number>();
  const numberOf = ({ label, ofNode }: Division) => {
    const number = numbers.get(label) ?? domains.push({ name: label, ofNode: [...ofNode] }) - 1;
    numbers.set(label, number);
    return number;
  };
  const names = new Set(services.map(({ key }) => key));
  const built = services.map((service): ScenarioService => {
    const { spread, apart } = service;
    return {
      ...plainService(service, nodes),
      ...(spread.length > 0
        ? { spread: spread.map(({ division, skewMax }) => ({ domains: numberOf(division), skewMax })) }
        : {}),
      ...(apart.length > 0
        ? { apart: apart.map(({ division, key }) => ({ domains: numberOf(division), service: key })) }
        : {}),
    };
  });
  const { costTree } = input;
  return {
    name: input.name,
    resources,
    nodes: nodes.list.map(({ name }, index) => ({ name, capacity: rooms[index]?.capacity ?? [] })),
    services: built,
    traffic: input.traffic
      .filter(({ source, destination }) => names.has(source) && names.has(destination))
      .map(({ source, destination, bytesPerSecond }) => ({ from: source, to: destination, weight: bytesPerSecond })),
    ...(domains.length > 0 ? { domains } : {}),
    ...(costTree ? { costTree } : {}),
  };
}

function plainService(
  { key, open, fixed, movable, request, allowed, perNodeMax }: PlannedWorkload,
  { list }: ClusterNodes,
): ScenarioService {
  const isAnyClosed = open.length > 0 && allowed.includes(0);
  return {
    name: key,
    replicas: open.length + fixed.length,
    request,
    nodes: isAnyClosed ? list.flatMap(({ name }, node) => (allowed[node] === 1 ? [name] : [])) : undefined,
    perNodeMax: Number.isFinite(perNodeMax) ? perNodeMax : undefined,
    initial: countByNode([...fixed, ...movable]),
    pinned: countByNode(fixed),
  };
}

function countByNode(pods: readonly Pod[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { node } of pods) if (node !== undefined) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}
