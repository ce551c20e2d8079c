/** A placement scenario as a mixed-integer program, in the LP format that solvers read. */
import type { CostTree } from "../../../core/model/cost-tree.ts";
import { present } from "../../../core/model/invariant.ts";
import type { PlacementScenario, ScenarioService } from "../../../core/model/placement-scenario.ts";

/**
 * With x(s, n) replicas of service s on node n, d_s its replicas, and for a group g of nodes S_g = sum over n in g of x(s, n) / d_s,
 * the balanced split keeps min(S_g, T_g) of a pair's traffic within g. A minimum that is worth having is linear:
 *
 *     maximise    sum over pairs (s, t) and groups g of w * step_g * z(s, t, g)      step_g = cost(parent of g) - cost(g)
 *     subject to  z(s, t, g) <= S_g and z(s, t, g) <= T_g
 *                 sum over n of x(s, n) = d_s, and of requests on each node <= its capacity
 *                 pinned(s, n) <= x(s, n) <= perNodeMax, integer; 0 where s may not stand
 *
 * Without a cost tree every node is a group, and its step is 1. Weights are parts of their sum. Services without traffic count
 * too: they take room.
 *
 * @throws Error for `spread` and `apart`, which it does not know.
 */
export function placementProgram(scenario: PlacementScenario): string {
  const { services, nodes } = scenario;
  if (services.some(({ spread, apart }) => spread?.length || apart?.length))
    throw new Error(`${scenario.name}: spread and apart are not in the program`);
  const groups = groupsOf(nodes.length, scenario.costTree);
  const pairs = pairsOf(scenario);
  const terms = pairs.flatMap(({ weight }, pair) =>
    groups.map(({ step }, group) => `+ ${weight * step} ${together(pair, group)}`),
  );
  return [
    "Maximize",
    ...wrapped("gain", terms.length > 0 ? terms : [`0 ${cellName(0, 0)}`]),
    "Subject To",
    ...services.flatMap(({ replicas }, service) => wrapped("", [...cellTerms(nodes, service), `= ${replicas}`])),
    ...capacityRows(scenario),
    ...pairs.flatMap(({ ends }, pair) =>
      groups.flatMap(({ members }, group) =>
        [...new Set(ends)].flatMap((service) => {
          const replicas = present(services[service], "service").replicas;
          const standing = members.map((node) => `- ${cellName(service, node)}`);
          return wrapped("", [`${replicas} ${together(pair, group)}`, ...standing, "<= 0"]);
        }),
      ),
    ),
    "Bounds",
    ...services.flatMap((service, index) =>
      nodes.map(({ name }, node) => boundsOf(service, name, cellName(index, node))),
    ),
    "Generals",
    ...wrapped(
      "",
      services.flatMap((_, service) => nodes.map((_each, node) => cellName(service, node))),
    ),
    "End",
    "",
  ].join("\n");
}

/** The variable that counts a service's replicas on a node. */
export function cellName(service: number, node: number): string {
  return `x${service}n${node}`;
}

interface Group {
  readonly members: readonly number[];
  readonly step: number;
}

function groupsOf(nodeCount: number, tree: CostTree | undefined): Group[] {
  if (!tree) return Array.from({ length: nodeCount }, (_, node) => ({ members: [node], step: 1 }));
  const members = Array.from(tree.parent, (): number[] => []);
  for (let node = 0; node < nodeCount; node++)
    for (let group = node; group >= 0; group = tree.parent[group] ?? -1) members[group]?.push(node);
  return members.flatMap((nodes, group) => {
    const parent = tree.parent[group] ?? -1;
    const step = parent < 0 ? 0 : (tree.cost[parent] ?? 0) - (tree.cost[group] ?? 0);
    return step > 0 ? [{ members: nodes, step }] : [];
  });
}

interface Pair {
  readonly ends: readonly [number, number];
  readonly weight: number;
}

/** Traffic in both directions is one pair's. A service's with itself stays on its nodes, which need not cost alike. */
function pairsOf({ services, traffic }: PlacementScenario): Pair[] {
  const indexes = new Map(services.map(({ name }, index) => [name, index]));
  const total = traffic.reduce((sum, { weight }) => sum + weight, 0);
  const weights = new Map<string, Pair>();
  for (const { from, to, weight } of traffic) {
    const [a, b] = [present(indexes.get(from), `service ${from}`), present(indexes.get(to), `service ${to}`)];
    if (weight <= 0) continue;
    const ends = [Math.min(a, b), Math.max(a, b)] as const;
    const key = ends.join(" ");
    weights.set(key, { ends, weight: (weights.get(key)?.weight ?? 0) + weight / total });
  }
  return [...weights.values()];
}

function cellTerms(nodes: readonly unknown[], service: number): string[] {
  return nodes.map((_, node) => `+ ${cellName(service, node)}`);
}

function capacityRows({ resources, nodes, services }: PlacementScenario): string[] {
  return nodes.flatMap(({ capacity }, node) =>
    resources.flatMap((_, resource) => {
      const terms = services.flatMap(({ request }, service) =>
        (request[resource] ?? 0) > 0 ? [`+ ${request[resource]} ${cellName(service, node)}`] : [],
      );
      return terms.length > 0 ? wrapped("", [...terms, `<= ${capacity[resource] ?? 0}`]) : [];
    }),
  );
}

function boundsOf({ replicas, nodes, perNodeMax, pinned }: ScenarioService, node: string, cell: string): string {
  const most = nodes === undefined || nodes.includes(node) ? Math.min(replicas, perNodeMax ?? replicas) : 0;
  return `${pinned.get(node) ?? 0} <= ${cell} <= ${most}`;
}

function together(pair: number, group: number): string {
  return `z${pair}g${group}`;
}

/** Readers of the format may not take lines over some hundred characters. */
function wrapped(name: string, terms: readonly string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < terms.length; at += 8) lines.push(`  ${terms.slice(at, at + 8).join(" ")}`);
  return name === "" ? lines : [`  ${name}:`, ...lines];
}
