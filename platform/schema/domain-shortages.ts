/** Rules about domains that no placement keeps, of one service alone. */
import type { ScenarioFile } from "./placement-scenario.ts";
import type { Contradiction } from "./scenario-contradictions.ts";
import { amountOf, resourceNamesOf } from "./scenario-resources.ts";

type FileService = ScenarioFile["services"][number];
type SpreadRule = NonNullable<FileService["spread"]>[number];

const ROUNDING = 1e-9;

/** After the labels are known to be there. O(nodes) for each rule. */
export function* domainShortages(file: ScenarioFile): Generator<Contradiction> {
  for (const [index, service] of file.services.entries()) {
    for (const [position, rule] of (service.spread ?? []).entries()) {
      const message = spreadShortage(file, service, rule);
      if (message) yield { path: ["services", index, "spread", position], message };
    }
    for (const [position, rule] of (service.apart ?? []).entries()) {
      const message = rule.service === service.name ? apartShortage(file, service, rule.domains) : undefined;
      if (message) yield { path: ["services", index, "apart", position], message };
    }
  }
}

/** No domain may have more than `skewMax` above what the one with least room can have; those where it may stand nowhere do not count. */
function spreadShortage(file: ScenarioFile, service: FileService, rule: SpreadRule): string | undefined {
  const { name, replicas, spread = [] } = service;
  const isLabelled = (node: number) => spread.every(({ domains }) => domainOf(file, domains, node) !== null);
  const allowed = namedNodes(file, service).filter(isLabelled);
  const inDomain = (node: number) => domainOf(file, rule.domains, node);
  const open = Map.groupBy(allowed, inDomain);
  if (open.size === 0) return `none of the nodes where ${name} may stand has a ${rule.domains}`;
  const held = pinnedByDomain(file, service, { inDomain, except: new Set(allowed) });
  const rooms = [...open].map(([domain, nodes]) => roomOn(file, service, nodes) + (held.get(domain) ?? 0));
  const least = rooms.reduce((min, room) => Math.min(min, room), replicas);
  const elsewhere = [...held].reduce((sum, [domain, count]) => (open.has(domain) ? sum : sum + count), 0);
  const room = rooms.reduce((sum, each) => sum + Math.min(each, least + rule.skewMax), elsewhere);
  if (room >= replicas) return undefined;
  return `${name} has ${replicas} replicas, and its ${rooms.length} domains have room for ${room} spread so evenly`;
}

/** One in each domain, and any number where there is none. */
function apartShortage(file: ScenarioFile, service: FileService, label: string): string | undefined {
  const { name, replicas, pinned = {} } = service;
  const held = [...file.nodes.keys()].filter((node) => (pinned[file.nodes[node]?.name ?? ""] ?? 0) > 0);
  const allowed = new Set([...namedNodes(file, service), ...held]);
  const byDomain = Map.groupBy(allowed, (node) => domainOf(file, label, node));
  const outside = byDomain.get(null) ?? [];
  byDomain.delete(null);
  const room = byDomain.size + roomOn(file, service, outside);
  if (room >= replicas) return undefined;
  return `${name} has ${replicas} replicas, and room for ${room} of them in domains of their own`;
}

/** Indexes of the nodes where the service says it may stand. */
function namedNodes({ nodes }: ScenarioFile, service: FileService): number[] {
  const named = service.nodes === "*" ? undefined : new Set(service.nodes);
  return [...nodes.keys()].filter((node) => named === undefined || named.has(nodes[node]?.name ?? ""));
}

function domainOf({ domains = {} }: ScenarioFile, label: string, node: number): string | number | null {
  return domains[label]?.[node] ?? null;
}

interface PinnedQuestion {
  readonly inDomain: (node: number) => string | number | null;
  readonly except: ReadonlySet<number>;
}

function pinnedByDomain({ nodes }: ScenarioFile, { pinned = {} }: FileService, { inDomain, except }: PinnedQuestion) {
  const sums = new Map<string | number | null, number>();
  for (const [index, { name }] of nodes.entries()) {
    const count = pinned[name] ?? 0;
    if (count > 0 && !except.has(index)) sums.set(inDomain(index), (sums.get(inDomain(index)) ?? 0) + count);
  }
  return sums;
}

/** How many replicas the nodes have room for if nothing else stands there. */
function roomOn(file: ScenarioFile, service: FileService, nodes: readonly number[]): number {
  const { replicas, perNodeMax = replicas } = service;
  const needed = resourceNamesOf({ nodes: [], services: [service] }).filter((name) => amountOf(service, name) > 0);
  const roomAt = (index: number) => {
    const node = file.nodes[index];
    if (!node) return 0;
    const rooms = needed.map((name) => Math.floor((amountOf(node, name) / amountOf(service, name)) * (1 + ROUNDING)));
    return Math.max(service.pinned?.[node.name] ?? 0, Math.min(perNodeMax, ...rooms));
  };
  return nodes.reduce((sum, node) => sum + roomAt(node), 0);
}
