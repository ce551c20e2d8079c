import fc from "fast-check";
import { expect, test } from "vitest";
import { costMostOf, costTreeOf } from "../../../core/model/cost-tree.ts";
import type { Place } from "../../../core/model/locality.ts";
import { placementCost } from "../../../core/model/placement.ts";
import type { PlacementScenario } from "../../../core/model/placement-scenario.ts";
import { Topology } from "../../../core/model/topology.ts";
import { anyScenarioWithCosts } from "../../../test/builders/cost-trees.ts";
import { anyScenario, scenarioOf } from "../../../test/builders/placement-scenario.ts";
import { anyPlaces } from "../../../test/builders/places.ts";
import { checkPlacement } from "./check-placement.ts";
import { placementProblemOf } from "./placement-problem.ts";
import { PlacementState } from "./placement-state.ts";
import { placementOf } from "./plan-placement.ts";
import { SeededRandom } from "./seeded-random.ts";

const pair = scenarioOf({
  nodes: { a: 10, b: 10 },
  services: { front: { replicas: 4, initial: { a: 1, b: 3 } }, back: { replicas: 2, cpu: 2, initial: { a: 2 } } },
  traffic: [["front", "back", 5]],
});

test("a pair gains the smaller of its shares on each node", () => {
  const state = new PlacementState(placementProblemOf(pair));
  state.become(state.problem.initial);
  expect(state.gained).toBe(0.25);
  expect(state.gainOfPut(0, 0, 1)).toBe(0.25);
  expect(state.gainOfTake(1, 0, 1)).toBeCloseTo(0, 12);
  expect(state.gainOfTake(1, 0, 2)).toBe(-0.25);
});

test("replicas that come back are not moved any more", () => {
  const state = new PlacementState(placementProblemOf(pair));
  state.become(state.problem.initial);
  const moved = [state.moved];
  expect(state.movedBy({ service: 0, from: 1, to: 0, count: 2 })).toBe(2);
  for (const [from, to] of [
    [1, 0],
    [1, 0],
    [0, 1],
  ] as const) {
    // biome-ignore format: a list of ways
    state.take(0, from, 1);
    state.put(0, to, 1);
    moved.push(state.moved);
  }
  expect(moved).toEqual([0, 1, 2, 1]);
});

test("room is what is left of every resource", () => {
  const state = new PlacementState(placementProblemOf(pair));
  state.become(state.problem.initial);
  expect(state.fits(1, 0, 2)).toBe(true);
  expect(state.fits(1, 0, 3)).toBe(false);
});

test("after any puts and takes, everything is as if computed anew", () => {
  fc.assert(
    fc.property(fc.oneof(anyScenario, anyScenarioWithCosts), fc.nat(), (scenario, seed) => {
      const problem = placementProblemOf(scenario);
      const state = new PlacementState(problem);
      state.become(problem.initial);
      const random = new SeededRandom(seed);
      for (let step = 0; step < 50; step++) {
        const [service, to] = [random.below(problem.serviceCount), random.below(problem.nodeCount)];
        const from = state.nodeOf(state.hosts.cellAt(service, random.below(state.hosts.sizeOf(service))));
        const count = 1 + random.below(state.countOf(service, from));
        const move = { service, from, to, count };
        const isMove = from !== to;
        const expected = {
          gained: state.gained + (isMove ? state.gainOfMove(move) : 0),
          moved: state.moved + (isMove ? state.movedBy(move) : 0),
        };
        state.take(service, from, count);
        state.put(service, to, count);
        expect(state.gained).toBeCloseTo(expected.gained, 9);
        expect(state.moved).toBe(expected.moved);
      }
      expectSound(state);
      const facts = checkPlacement(scenario, placementOf(scenario, state));
      expect(facts.saved).toBeCloseTo(state.gained + (problem.saved ? 0 : ownShareOf(scenario)), 9);
      expect(facts.moves).toBe(state.moved);
    }),
  );
});

/** Part of the traffic that services have with themselves. */
function ownShareOf({ traffic }: PlacementScenario): number {
  const own = traffic.filter(({ from, to }) => from === to).reduce((sum, { weight }) => sum + weight, 0);
  return own / traffic.reduce((sum, { weight }) => sum + weight, 0);
}

function expectSound(state: PlacementState): void {
  const anew = new PlacementState(state.problem);
  anew.become(state.counts);
  expect(state.gained).toBeCloseTo(anew.gained, 9);
  expect(state.free).toEqual(anew.free);
  const sizes = ({ hosts, guests, vacancies, problem }: PlacementState) => [
    Array.from(problem.replicas, (_, service) => hosts.sizeOf(service)),
    Array.from({ length: problem.nodeCount }, (_, node) => guests.sizeOf(node)),
    vacancies.sizeOf(0),
  ];
  expect(sizes(state)).toEqual(sizes(anew));
}

test("where all bytes between nodes cost alike, what is saved is the gained affinity", () => {
  fc.assert(
    fc.property(anyScenario, (scenario) => {
      const all = scenario.nodes.length;
      const parent = Int32Array.from([...scenario.nodes.map(() => all), -1]);
      const costTree = { parent, cost: Float64Array.from([...scenario.nodes.map(() => 0), 7]) };
      const initial = new Map(scenario.services.map((service) => [service.name, service.initial]));
      const facts = checkPlacement({ ...scenario, costTree }, initial);
      expect(facts.saved).toBeCloseTo(facts.gainedAffinity, 12);
      expect(facts.meanCost).toBeCloseTo(7 * (1 - facts.gainedAffinity), 12);
      const { groupCount, step, saved } = placementProblemOf({ ...scenario, costTree });
      expect([groupCount, [...step], saved]).toEqual([all + 1, scenario.nodes.map(() => 1), undefined]);
    }),
  );
});

test("with the costs of localities, what is saved is what placements cost less under the balanced split", () => {
  const anyCosts = fc
    .array(fc.nat(4), { minLength: 5, maxLength: 5 })
    .map(([node = 0, rack = 0, zone = 0, region = 0, other = 0]) => ({
      node,
      rack: node + rack,
      zone: node + rack + zone,
      region: node + rack + zone + region,
      other: node + rack + zone + region + other,
    }));
  fc.assert(
    fc.property(anyScenario, anyPlaces, anyCosts, (scenario, drawn, costs) => {
      const places = scenario.nodes.map(({ name }, index) => ({ ...drawn[index % drawn.length], node: name }));
      const costTree = costTreeOf(new Topology(places), (locality) => costs[locality]);
      const placed = new Map(
        scenario.services.map(({ name, initial }) => [
          name,
          places.flatMap((place) => new Array<Place>(initial.get(place.node) ?? 0).fill(place)),
        ]),
      );
      const pairs = scenario.traffic.map(({ from, to, weight }) => ({
        source: from,
        destination: to,
        bytesPerSecond: weight,
      }));
      const { cost, bytesPerSecond } = placementCost(pairs, placed, costs);
      const initial = new Map(scenario.services.map((service) => [service.name, service.initial]));
      const facts = checkPlacement({ ...scenario, costTree }, initial);
      expect(facts.meanCost).toBeCloseTo(cost / bytesPerSecond, 9);
      const problem = placementProblemOf({ ...scenario, costTree });
      const state = new PlacementState(problem);
      state.become(problem.initial);
      const most = costMostOf(costTree, places.length);
      const own = problem.saved ? 0 : ownShareOf(scenario);
      expect(most - (most - costs.node) * (state.gained + own)).toBeCloseTo(cost / bytesPerSecond, 9);
    }),
  );
});
