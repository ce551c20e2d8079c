/** What no placement could satisfy, or what contradicts itself, in a scenario whose fields are right one by one. */
import { domainContradictions } from "./domain-contradictions.ts";
import { domainShortages } from "./domain-shortages.ts";
import type { ScenarioFile } from "./placement-scenario.ts";
import { distanceContradictions } from "./scenario-distances.ts";
import { amountOf, pathOf, resourceNamesOf } from "./scenario-resources.ts";

export interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A search takes some 40 bytes for each service and node. */
export const CELLS_MAX = 8_000_000;
const REPLICAS_IN_ALL_MAX = 1_000_000;
const ROUNDING = 1e-9;

export function* contradictionsOf(file: ScenarioFile): Generator<Contradiction> {
  const { nodes, services } = file;
  if (nodes.length * services.length > CELLS_MAX)
    yield {
      path: ["services"],
      message: `${services.length} on ${nodes.length} nodes are more than ${CELLS_MAX} cells`,
    };
  yield* doubledNames(nodes, "nodes");
  yield* doubledNames(services, "services");
  const nodeNames = new Set(nodes.map(({ name }) => name));
  for (const index of services.keys()) yield* serviceContradictions(file, index, nodeNames);
  yield* domainContradictions(file);
  yield* trafficContradictions(file);
  yield* distanceContradictions(file);
  yield* shortages(file);
  yield* domainShortages(file);
}

function* doubledNames(members: readonly { readonly name: string }[], field: string): Generator<Contradiction> {
  const seen = new Set<string>();
  for (const [index, { name }] of members.entries()) {
    if (seen.has(name)) yield { path: [field, index, "name"], message: `${name} is named twice` };
    seen.add(name);
  }
}

function* serviceContradictions(
  { services }: ScenarioFile,
  index: number,
  nodeNames: ReadonlySet<string>,
): Generator<Contradiction> {
  const service = services[index];
  if (!service) return;
  const at = (...path: (string | number)[]) => ["services", index, ...path];
  const { nodes, initial, pinned = {}, replicas } = service;
  for (const [position, node] of nodes === "*" ? [] : nodes.entries())
    if (!nodeNames.has(node)) yield { path: at("nodes", position), message: `${node} is not among the nodes` };
  for (const [field, counts] of Object.entries({ initial, pinned }))
    for (const node of Object.keys(counts))
      if (!nodeNames.has(node)) yield { path: at(field, node), message: `${node} is not among the nodes` };
  const standing = Object.values(initial).reduce((sum, count) => sum + count, 0);
  if (standing > replicas)
    yield { path: at("initial"), message: `${standing} replicas stand, of ${replicas} that there are` };
  for (const [node, count] of Object.entries(pinned))
    if (count > (initial[node] ?? 0))
      yield { path: at("pinned", node), message: `${count} are pinned, of ${initial[node] ?? 0} that stand there` };
}

function* trafficContradictions({ services, traffic }: ScenarioFile): Generator<Contradiction> {
  const names = new Set(services.map(({ name }) => name));
  for (const [index, pair] of traffic.entries())
    for (const side of ["from", "to"] as const)
      if (!names.has(pair[side]))
        yield { path: ["traffic", index, side], message: `${pair[side]} is not among the services` };
}

/** Demands that no placement meets: of one service alone, then of all together. */
function* shortages(file: ScenarioFile): Generator<Contradiction> {
  const { nodes, services } = file;
  const replicasInAll = services.reduce((sum, { replicas }) => sum + replicas, 0);
  if (replicasInAll > REPLICAS_IN_ALL_MAX)
    yield { path: ["services"], message: `${replicasInAll} replicas in all, more than ${REPLICAS_IN_ALL_MAX}` };
  const resources = resourceNamesOf(file);
  for (const index of services.keys()) yield* serviceShortage(file, index, resources);
  for (const resource of resources) {
    const needed = services.reduce((sum, service) => sum + service.replicas * amountOf(service, resource), 0);
    const there = nodes.reduce((sum, node) => sum + amountOf(node, resource), 0);
    if (needed > there * (1 + ROUNDING))
      yield { path: ["services"], message: `all replicas need ${needed} ${resource}, all nodes have ${there}` };
  }
}

function* serviceShortage(
  { nodes, services }: ScenarioFile,
  index: number,
  resources: readonly string[],
): Generator<Contradiction> {
  const service = services[index];
  if (!service) return;
  const allowed = service.nodes === "*" ? undefined : new Set(service.nodes);
  const able = allowed ? nodes.filter(({ name }) => allowed.has(name)) : nodes;
  const { name, replicas, perNodeMax = replicas, pinned = {} } = service;
  for (const resource of resources) {
    const need = amountOf(service, resource);
    const fits = (node: ScenarioFile["nodes"][number]) =>
      Math.min(perNodeMax, need > 0 ? Math.floor((amountOf(node, resource) / need) * (1 + ROUNDING)) : replicas);
    const room = nodes.reduce(
      (sum, node) => sum + Math.max(pinned[node.name] ?? 0, !allowed || allowed.has(node.name) ? fits(node) : 0),
      0,
    );
    if (room < replicas)
      yield {
        path: ["services", index, ...pathOf(resource)],
        message: `${name} has ${replicas} replicas of ${need} each, and its ${able.length} nodes have room for ${room}`,
      };
  }
}
