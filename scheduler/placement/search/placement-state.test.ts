import fc from "fast-check";
import { expect, test } from "vitest";
import { anyScenario, scenarioOf } from "../../../test/builders/placement-scenario.ts";
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
    fc.property(anyScenario, fc.nat(), (scenario, seed) => {
      const problem = placementProblemOf(scenario);
      const state = new PlacementState(problem);
      state.become(problem.initial);
      const random = new SeededRandom(seed);
      for (let step = 0; step < 50; step++) {
        const [service, to] = [random.below(problem.serviceCount), random.below(problem.nodeCount)];
        const from = state.nodeOf(state.hosts.cellAt(service, random.below(state.hosts.sizeOf(service))));
        const count = 1 + random.below(state.countOf(service, from));
        const expected = {
          gained:
            state.gained +
            (from === to ? 0 : state.gainOfTake(service, from, count) + state.gainOfPut(service, to, count)),
          moved: state.moved + (from === to ? 0 : state.movedBy({ service, from, to, count })),
        };
        state.take(service, from, count);
        state.put(service, to, count);
        expect(state.gained).toBeCloseTo(expected.gained, 9);
        expect(state.moved).toBe(expected.moved);
      }
      expectSound(state);
      const own = scenario.traffic.filter(({ from, to }) => from === to).reduce((sum, { weight }) => sum + weight, 0);
      const all = scenario.traffic.reduce((sum, { weight }) => sum + weight, 0);
      const facts = checkPlacement(scenario, placementOf(scenario, state));
      expect(facts.gainedAffinity).toBeCloseTo(state.gained + own / all, 9);
      expect(facts.moves).toBe(state.moved);
    }),
  );
});

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
