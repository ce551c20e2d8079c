/** Scenarios with a hidden good placement: groups of services that fill their nodes, talk among themselves, and are then scattered. */

import type { Place } from "../../core/model/locality.ts";
import type {
  PlacementScenario,
  PlannedPlacement,
  ScenarioService,
  ScenarioTraffic,
} from "../../core/model/placement-scenario.ts";
import { seededRandom } from "./random-network.ts";

export interface PlantedOptions {
  readonly seed: number;
  /** About so many replicas in all. */
  readonly pods: number;
  /** Traffic between groups, as part of that within them. */
  readonly noise: number;
  /** How full the hidden placement makes each node, in (0, 1]. */
  readonly fill: number;
  /** Racks of four nodes, in so many zones; most traffic between groups is then within the zone. 1 unless said. */
  readonly zones?: number;
}

export interface PlantedScenario {
  readonly scenario: PlacementScenario;
  readonly hidden: PlannedPlacement;
  readonly places: readonly Place[];
}

/** Every group stands on one to four nodes, with as many replicas of each service, one on each node. */
export function plantedScenario({ seed, pods, noise, fill, zones = 1 }: PlantedOptions): PlantedScenario {
  const random = seededRandom(seed);
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const services: ScenarioService[] = [];
  const nodes: { name: string; capacity: [number, number] }[] = [];
  const hidden = new Map<string, ReadonlyMap<string, number>>();
  const traffic: ScenarioTraffic[] = [];
  for (let standing = 0; standing < pods; ) {
    const replicas = upTo(4);
    const members = Array.from({ length: 4 + upTo(12) }, (_, index) => ({
      name: `s${services.length + index}`,
      request: [upTo(8) / 4, upTo(16)],
    }));
    const own = Array.from({ length: replicas }, (_, index) => `n${nodes.length + index}`);
    const capacity = [0, 1].map((r) => members.reduce((sum, { request }) => sum + (request[r] ?? 0), 0) / fill);
    for (const name of own) nodes.push({ name, capacity: [capacity[0] ?? 0, capacity[1] ?? 0] });
    for (const [index, { name, request }] of members.entries()) {
      hidden.set(name, new Map(own.map((node) => [node, 1])));
      services.push({
        name,
        replicas,
        request,
        nodes: undefined,
        perNodeMax: undefined,
        initial: new Map(own.map((node) => [node, 1])),
        pinned: new Map(),
      });
      // A tree keeps the group together, and some pairs more make it dense.
      const before = members[Math.floor(random() * index)];
      if (index > 0 && before) traffic.push({ from: before.name, to: name, weight: weightOf(random) });
      const other = members[Math.floor(random() * members.length)];
      if (other && other.name !== name && random() < 0.5)
        traffic.push({ from: name, to: other.name, weight: weightOf(random) });
    }
    standing += replicas * members.length;
  }
  const places = nodes.map(({ name }, index): Place => {
    const zone = Math.floor((index * zones) / nodes.length);
    return { node: name, rack: String(index >> 2), zone: String(zone), region: "r" };
  });
  traffic.push(...noiseBetween({ services, traffic, noise, random, places }));
  const scattered = scatter(services, nodes, random);
  return {
    scenario: { name: `planted-${pods}-${seed}`, resources: ["cpu", "memory"], nodes, services: scattered, traffic },
    hidden,
    places,
  };
}

/** From 1 to about 50, most of them light. */
function weightOf(random: () => number): number {
  return Math.exp(4 * random() ** 2);
}

interface NoiseInput {
  readonly services: readonly ScenarioService[];
  readonly traffic: readonly ScenarioTraffic[];
  readonly noise: number;
  readonly random: () => number;
  readonly places: readonly Place[];
}

const BETWEEN_ZONES = 0.2;

function noiseBetween({ services, traffic, noise, random, places }: NoiseInput): ScenarioTraffic[] {
  const total = traffic.reduce((sum, { weight }) => sum + weight, 0);
  const zoneOf = new Map(places.map(({ node, zone }) => [node, zone]));
  const inZone = Map.groupBy(services, ({ initial }) => zoneOf.get([...initial.keys()][0] ?? ""));
  const any = (among: readonly ScenarioService[]) => among[Math.floor(random() * among.length)];
  const pairs = traffic.map(() => {
    const from = any(services);
    const isNear = inZone.size > 1 && random() >= BETWEEN_ZONES;
    const zone = zoneOf.get([...(from?.initial.keys() ?? [])][0] ?? "");
    const to = any(isNear ? (inZone.get(zone) ?? services) : services);
    return { from: from?.name ?? "", to: to?.name ?? "", weight: weightOf(random) };
  });
  const wanted = pairs.filter(({ from, to }) => from !== to);
  const sum = wanted.reduce((all, { weight }) => all + weight, 0);
  return wanted.map((pair) => ({ ...pair, weight: (pair.weight * noise * total) / sum }));
}

/** From the hidden placement by moves and swaps that fit, so that it works however full the nodes are. */
function scatter(
  services: readonly ScenarioService[],
  nodes: readonly { readonly capacity: readonly number[] }[],
  random: () => number,
): ScenarioService[] {
  const indexOf = new Map(nodes.map((_, index) => [`n${index}`, index]));
  const free = nodes.map(({ capacity }) => capacity.map((amount) => amount + 1e-9));
  const standing = services.flatMap(({ name, request, initial }) =>
    [...initial.keys()].map((node) => ({ name, request, node: indexOf.get(node) ?? 0 })),
  );
  const shift = (node: number, request: readonly number[], sign: number) => {
    for (const [r, need] of request.entries()) (free[node] ?? [])[r] = (free[node]?.[r] ?? 0) + sign * need;
  };
  const isOver = (node: number) => (free[node] ?? []).some((left) => left < 0);
  for (const { node, request } of standing) shift(node, request, -1);
  for (let step = 0; step < 60 * standing.length; step++) {
    const one = standing[Math.floor(random() * standing.length)];
    const other = random() < 0.5 ? undefined : standing[Math.floor(random() * standing.length)];
    if (!one) break;
    const [from, to] = [one.node, other?.node ?? Math.floor(random() * nodes.length)];
    const exchange = (sign: number) => {
      shift(from, one.request, sign);
      shift(to, one.request, -sign);
      if (!other) return;
      shift(to, other.request, sign);
      shift(from, other.request, -sign);
    };
    exchange(1);
    if (isOver(from) || isOver(to)) {
      exchange(-1);
      continue;
    }
    one.node = to;
    if (other) other.node = from;
  }
  const initial = new Map(services.map(({ name }) => [name, new Map<string, number>()]));
  for (const { name, node } of standing) {
    const byNode = initial.get(name);
    byNode?.set(`n${node}`, (byNode.get(`n${node}`) ?? 0) + 1);
  }
  return services.map((service) => ({ ...service, initial: initial.get(service.name) ?? new Map() }));
}
