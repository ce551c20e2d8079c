import fc from "fast-check";
import { expect, test } from "vitest";
import { costTreeOf } from "../../core/model/cost-tree.ts";
import { defaultLocalityCosts, type Place } from "../../core/model/locality.ts";
import { placementCost } from "../../core/model/placement.ts";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { Topology } from "../../core/model/topology.ts";
import { scenarioOf } from "../../test/builders/placement-scenario.ts";
import { anyPlaces } from "../../test/builders/places.ts";
import { TrafficCost } from "./traffic-cost.ts";

interface Drawn {
  readonly places: readonly Place[];
  readonly standing: readonly (readonly number[])[];
  readonly pairs: readonly (readonly [number, number, number])[];
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  places: anyPlaces,
  standing: fc.array(fc.array(fc.nat(11), { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 5 }),
  pairs: fc.array(fc.tuple(fc.nat(4), fc.nat(4), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 8 }),
});

function scenarioFrom({ places, standing, pairs }: Drawn): PlacementScenario {
  const costTree = costTreeOf(new Topology(places), (locality) => defaultLocalityCosts[locality]);
  const services = standing.map((draws, index) => {
    const initial: Record<string, number> = {};
    for (const draw of draws) {
      const node = `n${draw % places.length}`;
      initial[node] = (initial[node] ?? 0) + 1;
    }
    return [`s${index}`, { replicas: draws.length, initial }] as const;
  });
  const name = (draw: number) => `s${draw % standing.length}`;
  const traffic = pairs.map(([from, to, weight]) => [name(from), name(to), weight] as const);
  const nodes = Object.fromEntries(places.map(({ node }) => [node, 100]));
  return { ...scenarioOf({ nodes, services: Object.fromEntries(services), traffic }), costTree };
}

/** By the split itself, pair by pair; a workload's traffic with itself is not part of it. */
function costOf({ services, traffic }: PlacementScenario, places: readonly Place[]): number {
  const placeOf = new Map(places.map((place) => [place.node, place]));
  const placement = new Map(
    services.map(({ name, initial }) => [
      name,
      [...initial].flatMap(([node, count]) => Array<Place>(count).fill(placeOf.get(node) ?? { node })),
    ]),
  );
  const pairs = traffic.filter(({ from, to }) => from !== to);
  const flows = pairs.map(({ from, to, weight }) => ({ source: from, destination: to, bytesPerSecond: weight }));
  return placementCost(flows, placement, defaultLocalityCosts).cost;
}

function moved(scenario: PlacementScenario, service: string, from: string, to: string): PlacementScenario {
  const services = scenario.services.map((each) => {
    if (each.name !== service) return each;
    const initial = new Map(each.initial);
    initial.set(from, (initial.get(from) ?? 0) - 1);
    initial.set(to, (initial.get(to) ?? 0) + 1);
    return { ...each, initial };
  });
  return { ...scenario, services };
}

test("traffic costs what the mesh's split of every pair costs", () => {
  fc.assert(
    fc.property(drawn, (sample) => {
      const scenario = scenarioFrom(sample);
      expect(new TrafficCost(scenario).total).toBeCloseTo(costOf(scenario, sample.places), 6);
    }),
  );
});

test("a move saves the difference, and asking for it moves nothing", () => {
  fc.assert(
    fc.property(drawn, fc.nat(), fc.nat(), fc.nat(), (sample, which, leaving, coming) => {
      const scenario = scenarioFrom(sample);
      const service = `s${which % sample.standing.length}`;
      const nodes = [...(scenario.services[which % sample.standing.length]?.initial.keys() ?? [])];
      const [from = "", to] = [nodes[leaving % nodes.length], `n${coming % sample.places.length}`];
      const cost = new TrafficCost(scenario);
      const before = cost.total;
      const gain = before - costOf(moved(scenario, service, from, to), sample.places);
      expect(cost.gainOf({ service, from, to })).toBeCloseTo(gain, 6);
      expect(cost.total).toBeCloseTo(before, 6);
      cost.make({ service, from, to });
      expect(cost.total).toBeCloseTo(before - gain, 6);
    }),
  );
});

test("without a cost tree a byte costs 1 between any two nodes", () => {
  const services = { a: { replicas: 2, initial: { x: 1, y: 1 } }, b: { initial: { x: 1 } } };
  const cost = new TrafficCost(scenarioOf({ nodes: { x: 9, y: 9 }, services, traffic: [["a", "b", 10]] }));
  expect(cost.total).toBe(5);
  expect(cost.gainOf({ service: "a", from: "y", to: "x" })).toBe(5);
});

const impossible = [
  { name: "of nobody", move: { service: "c", from: "x", to: "y" } },
  { name: "from where none stands", move: { service: "b", from: "y", to: "x" } },
  { name: "from an unknown node", move: { service: "a", from: "z", to: "x" } },
  { name: "to an unknown node", move: { service: "a", from: "x", to: "z" } },
];
test.each(impossible)("a move $name cannot be made", ({ move }) => {
  const services = { a: { initial: { x: 1 } }, b: { initial: { x: 1 } } };
  const cost = new TrafficCost(scenarioOf({ nodes: { x: 9, y: 9 }, services, traffic: [["a", "b", 10]] }));
  expect(cost.gainOf(move)).toBeUndefined();
  expect(cost.make(move)).toBeUndefined();
  expect(cost.total).toBe(0);
});

test("a service that has no replica yet has no part in the cost", () => {
  const services = { a: { initial: { x: 1 } }, b: { replicas: 1 } };
  expect(new TrafficCost(scenarioOf({ nodes: { x: 9, y: 9 }, services, traffic: [["a", "b", 10]] })).total).toBe(0);
});
