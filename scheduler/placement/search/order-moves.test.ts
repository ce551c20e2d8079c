import fc from "fast-check";
import { expect, test } from "vitest";
import type { PlacementScenario, PlannedPlacement } from "../../../core/model/placement-scenario.ts";
import { anyScenarioWithCosts } from "../../../test/builders/cost-trees.ts";
import { anyScenario, placementOfWords, scenarioOf } from "../../../test/builders/placement-scenario.ts";
import { plantedScenario } from "../../../test/builders/planted-scenario.ts";
import { checkPlacement } from "./check-placement.ts";
import { moveOrder, type OrderedMove, orderMoves } from "./order-moves.ts";
import { planPlacement } from "./plan-placement.ts";

const initialOf = ({ services }: PlacementScenario): PlannedPlacement =>
  new Map(services.map(({ name, initial }) => [name, initial]));

/** What stands after each of the moves, the start first. */
function placementsAfter(scenario: PlacementScenario, moves: readonly OrderedMove[]): PlannedPlacement[] {
  let now = initialOf(scenario);
  const all = [now];
  for (const { service, from, to } of moves) {
    const own = new Map(now.get(service));
    own.set(from, (own.get(from) ?? 0) - 1);
    own.set(to, (own.get(to) ?? 0) + 1);
    now = new Map(now).set(service, own);
    all.push(now);
  }
  return all;
}

function planOf(scenario: PlacementScenario, movesMax = Infinity): PlannedPlacement {
  const plan = planPlacement(scenario, { effort: { limit: { kind: "steps", stepsMax: 20_000 } }, seed: 1, movesMax });
  if (plan.kind !== "planned") throw new Error(plan.service);
  return plan.placement;
}

test("what makes room comes before what needs it", () => {
  const scenario = scenarioOf({
    nodes: { a: 2, b: 1, c: 1 },
    services: { front: { initial: { a: 1 } }, back: { initial: { b: 1 } }, ballast: { initial: { a: 1 } } },
    traffic: [["front", "back", 1]],
  });
  const placement = placementOfWords({ front: { a: 1 }, back: { a: 1 }, ballast: { c: 1 } });
  expect(orderMoves(scenario, placement, 9)).toEqual([
    { service: "ballast", from: "a", to: "c", gain: 0 },
    { service: "back", from: "b", to: "a", gain: 1 },
  ]);
  expect(moveOrder(scenario, placement, 1)).toMatchObject({ moves: [], leftOut: [{}, {}] });
});

test("a swap of full nodes cannot be made one replica at a time, and what would join it stays too", () => {
  const scenario = scenarioOf({
    nodes: { a: 1, b: 1, c: 2 },
    services: {
      one: { initial: { a: 1 } },
      other: { initial: { b: 1 } },
      friend: { initial: { c: 1 } },
      anchor: { initial: { c: 1 } },
    },
    traffic: [["one", "friend", 1]],
  });
  const placement = placementOfWords({ one: { b: 1 }, other: { a: 1 }, friend: { c: 1 }, anchor: { c: 1 } });
  expect(moveOrder(scenario, placement, 9)).toEqual({
    moves: [],
    leftOut: [
      { service: "one", from: "a", to: "b", because: "no-room" },
      { service: "other", from: "b", to: "a", because: "no-room" },
    ],
  });
});

test("a group goes together, its first loss made good by the next", () => {
  const scenario = scenarioOf({
    nodes: { a: 9, b: 9 },
    services: {
      left: { initial: { a: 1 } },
      right: { initial: { a: 1 } },
      anchor: { initial: { b: 1 }, pinned: { b: 1 } },
    },
    traffic: [["left", "right", 5], ["left", "anchor", 1], ["right", "anchor", 1]], // biome-ignore format: pairs
  });
  const placement = placementOfWords({ left: { b: 1 }, right: { b: 1 }, anchor: { b: 1 } });
  const moves = orderMoves(scenario, placement, 9);
  expect(moves.map(({ service, gain }) => [service, Math.round(gain * 7)])).toEqual([["left", -4], ["right", 6]]); // biome-ignore format: pairs
  expect(orderMoves(scenario, placement, 1)).toEqual([]);
});

test("an overloaded node gives away before anything else is done", () => {
  const scenario = scenarioOf({
    nodes: { a: 1, b: 2, c: 2 },
    services: {
      crowd: { replicas: 2, initial: { a: 2 } },
      front: { initial: { b: 1 } },
      back: { initial: { c: 1 } },
    },
    traffic: [["front", "back", 1]],
  });
  const placement = placementOfWords({ crowd: { a: 1, c: 1 }, front: { b: 1 }, back: { b: 1 } });
  expect(orderMoves(scenario, placement, 9).map(({ service }) => service)).toEqual(["crowd", "back"]);
});

test("room for a pending replica is made before other gains", () => {
  const scenario = scenarioOf({
    nodes: { a: 2, b: 2, c: 1 },
    services: {
      big: { cpu: 2 },
      small: { initial: { a: 1 } },
      front: { initial: { b: 1 } },
      back: { initial: { c: 1 } },
    },
    traffic: [["front", "back", 1]],
  });
  const placement = placementOfWords({ big: { a: 1 }, small: { c: 1 }, front: { b: 1 }, back: { b: 1 } });
  expect(orderMoves(scenario, placement, 9).map(({ service }) => service)).toEqual(["back", "small"]);
});

test("limits hold after every move, gains are what they say, and in the end nothing is worse", () => {
  fc.assert(
    fc.property(fc.oneof(anyScenario, anyScenarioWithCosts), fc.constantFrom(1, 3, Infinity), (scenario, movesMax) => {
      const placement = planOf(scenario);
      const { moves, leftOut } = moveOrder(scenario, placement, movesMax);
      expect(moves.length).toBeLessThanOrEqual(movesMax);
      const facts = placementsAfter(scenario, moves).map((now) => checkPlacement(scenario, now));
      for (const [index, { gain }] of moves.entries())
        expect(facts[index + 1]?.saved).toBeCloseTo((facts[index]?.saved ?? 0) + gain, 9);
      expect(facts.flatMap(({ violations }) => violations)).toEqual([]);
      expect(facts.at(-1)?.saved).toBeGreaterThanOrEqual((facts[0]?.saved ?? 0) - 1e-12);
      const all = [...moves, ...leftOut.map((move) => ({ ...move, gain: 0 }))];
      const wanted = placementsAfter(scenario, all).at(-1);
      for (const [name, byNode] of placement)
        for (const { name: node } of scenario.nodes)
          expect(wanted?.get(name)?.get(node) ?? 0).toBe(byNode.get(node) ?? 0);
    }),
    { numRuns: 60 },
  );
});

test("of a plan with few moves most of the gain can be had one move at a time", () => {
  const { scenario } = plantedScenario({ seed: 1, pods: 300, noise: 0.1, fill: 0.9 });
  const placement = planOf(scenario, 40);
  const moves = orderMoves(scenario, placement, 40);
  const [before, planned] = [initialOf(scenario), placement].map(
    (each) => checkPlacement(scenario, each).gainedAffinity,
  );
  const gain = moves.reduce((sum, move) => sum + move.gain, 0);
  expect(gain).toBeGreaterThan(0.6 * ((planned ?? 0) - (before ?? 0)));
});
