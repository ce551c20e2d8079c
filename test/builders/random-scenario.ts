/** Scenarios of up to 25 services on up to 6 unequal nodes from a seed, tight enough that not everything can be together. */
import type { PlacementScenario, ScenarioService, ScenarioTraffic } from "../../core/model/placement-scenario.ts";
import { seededRandom } from "./random-network.ts";

const SERVICES_MAX = 25;

export function randomScenario(seed: number): PlacementScenario {
  const random = seededRandom(seed);
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const nodeNames = Array.from({ length: 2 + upTo(4) }, (_, index) => `n${index}`);
  const used = nodeNames.map(() => [0, 0]);
  const serviceCount = 7 + upTo(SERVICES_MAX - 7);
  const services = Array.from({ length: serviceCount }, (_, index): ScenarioService => {
    const replicas = random() < 0.5 ? 1 : upTo(4);
    const request = [upTo(8) / 2, upTo(6)];
    const initial = new Map<string, number>();
    for (let replica = 0; replica < replicas; replica++) {
      const node = Math.floor(random() * nodeNames.length);
      const name = nodeNames[node] ?? "n0";
      initial.set(name, (initial.get(name) ?? 0) + 1);
      for (const [r, need] of request.entries()) (used[node] ?? [])[r] = (used[node]?.[r] ?? 0) + need;
    }
    const nodes = random() < 0.15 ? [...new Set([...initial.keys(), nodeNames[0] ?? "n0"])] : undefined;
    return { name: `s${index}`, replicas, request, nodes, perNodeMax: undefined, initial, pinned: new Map() };
  });
  const slack = 1 + random() * 0.3;
  const nodes = nodeNames.map((name, node) => ({
    name,
    capacity: (used[node] ?? []).map((amount) => Math.ceil(amount * slack) + upTo(2)),
  }));
  return {
    name: `random-${seed}`,
    resources: ["cpu", "memory"],
    nodes,
    services,
    traffic: trafficOf(services, random),
  };
}

/** A tree over all services, and half as many pairs more. */
function trafficOf(services: readonly ScenarioService[], random: () => number): ScenarioTraffic[] {
  const any = (count: number) => services[Math.floor(random() * count)]?.name ?? "";
  const weight = () => Math.ceil(Math.exp(5 * random() ** 2));
  const tree = services.slice(1).map(({ name }, index) => ({ from: any(index + 1), to: name, weight: weight() }));
  const more = Array.from({ length: services.length >> 1 }, () => ({
    from: any(services.length),
    to: any(services.length),
    weight: weight(),
  }));
  return [...tree, ...more.filter(({ from, to }) => from !== to)];
}
