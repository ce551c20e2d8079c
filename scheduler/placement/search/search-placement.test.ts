import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { costTreeOf } from "../../../core/model/cost-tree.ts";
import { defaultLocalityCosts } from "../../../core/model/locality.ts";
import type { PlacementScenario } from "../../../core/model/placement-scenario.ts";
import { Topology } from "../../../core/model/topology.ts";
import { parsePlacementScenario } from "../../../platform/schema/placement-scenario.ts";
import { mostSaved } from "../../../test/builders/best-placement.ts";
import { anyScenarioWithCosts } from "../../../test/builders/cost-trees.ts";
import { anyScenario, scenarioOf } from "../../../test/builders/placement-scenario.ts";
import { plantedScenario } from "../../../test/builders/planted-scenario.ts";
import { checkPlacement, type PlacementFacts } from "./check-placement.ts";
import { planPlacement } from "./plan-placement.ts";

interface Asked {
  readonly movesMax?: number;
  readonly seed?: number;
  readonly stepsMax?: number;
}

function plan(scenario: PlacementScenario, { movesMax = Infinity, seed = 1, stepsMax = 50_000 }: Asked = {}) {
  const planned = planPlacement(scenario, { effort: { limit: { kind: "steps", stepsMax } }, seed, movesMax });
  if (planned.kind !== "planned") throw new Error(`no room for ${planned.service}`);
  return planned;
}

const factsOf = (scenario: PlacementScenario, asked?: Asked): PlacementFacts =>
  checkPlacement(scenario, plan(scenario, asked).placement);

const initialOf = (scenario: PlacementScenario) =>
  checkPlacement(scenario, new Map(scenario.services.map(({ name, initial }) => [name, initial])));

/** Two chatty services stand apart, and what has no traffic fills the node where one of them could join the other. */
const blocked = scenarioOf({
  nodes: { a: 4, b: 2 },
  services: {
    front: { cpu: 2, initial: { a: 1 } },
    back: { cpu: 2, initial: { b: 1 } },
    ballast: { cpu: 2, initial: { a: 1 } },
  },
  traffic: [["front", "back", 1]],
});

test("what has no traffic makes way for what has", () => {
  expect(factsOf(blocked)).toMatchObject({ gainedAffinity: 1, moves: 2, violations: [] });
});

test("a swap costs two moves, and one move does not buy it", () => {
  expect(factsOf(blocked, { movesMax: 1 })).toMatchObject({ gainedAffinity: 0, moves: 0 });
});

test("a pinned blocker stays, and so does the traffic between nodes", () => {
  const services = blocked.services.map((each) => (each.name === "back" ? each : { ...each, pinned: each.initial }));
  expect(factsOf({ ...blocked, services })).toMatchObject({ gainedAffinity: 0, violations: [] });
});

test("replicas of both sides go in proportion to nodes that hold a part of each", () => {
  const scenario = scenarioOf({
    nodes: { a: 3, b: 3, c: 3, d: 3 },
    services: { many: { replicas: 8, initial: { a: 3, b: 3, c: 2 } }, few: { replicas: 4, initial: { d: 3, c: 1 } } },
    traffic: [["many", "few", 1]],
  });
  expect(factsOf(scenario)).toMatchObject({ gainedAffinity: 1, violations: [] });
});

test("no more replicas stand on a node than the service wants there", () => {
  const scenario = scenarioOf({
    nodes: { a: 9, b: 9, c: 9 },
    services: { spread: { replicas: 2, perNodeMax: 1, initial: { a: 1, b: 1 } }, single: { initial: { c: 1 } } },
    traffic: [["spread", "single", 1]],
  });
  expect(factsOf(scenario)).toMatchObject({ gainedAffinity: 0.5, violations: [] });
});

test("pending replicas are placed, without counting as moved", () => {
  const scenario = scenarioOf({
    nodes: { a: 2, b: 2 },
    services: { front: { initial: { b: 1 } }, back: {} },
    traffic: [["front", "back", 1]],
  });
  expect(factsOf(scenario, { movesMax: 0 })).toMatchObject({ gainedAffinity: 1, moves: 0, violations: [] });
});

test("a service that finds no room is named", () => {
  const scenario = scenarioOf({
    nodes: { a: 3, b: 3 },
    services: { one: { cpu: 2 }, two: { cpu: 2 }, three: { cpu: 2 } },
    traffic: [],
  });
  const effort = { limit: { kind: "steps", stepsMax: 100 } } as const;
  expect(planPlacement(scenario, { effort, seed: 1, movesMax: Infinity })).toEqual({
    kind: "no-room",
    service: "three",
  });
});

const anyWith = fc.oneof(anyScenario, anyScenarioWithCosts);

test("limits hold, moves stay within their number and nothing gets worse, whatever the scenario", () => {
  fc.assert(
    fc.property(anyWith, fc.integer({ min: 0, max: 6 }), fc.nat(), (scenario, movesMax, seed) => {
      const facts = factsOf(scenario, { movesMax, seed, stepsMax: 3000 });
      expect(facts.violations).toEqual([]);
      expect(facts.moves).toBeLessThanOrEqual(movesMax);
      expect(facts.saved).toBeGreaterThanOrEqual(initialOf(scenario).saved - 1e-12);
    }),
    { numRuns: 60 },
  );
});

test("on tiny scenarios the best of all placements is found, with any number of moves", () => {
  const isTiny = ({ services, nodes }: PlacementScenario) =>
    services.reduce((ways, { replicas }) => ways * nodes.length ** replicas, 1) <= 5000;
  fc.assert(
    fc.property(anyWith.filter(isTiny), fc.constantFrom(1, 2, 3, Infinity), (scenario, movesMax) => {
      const best = mostSaved(scenario, movesMax);
      expect(factsOf(scenario, { movesMax, stepsMax: 300_000 }).saved).toBeCloseTo(best, 9);
    }),
    // The search goes by chance, and with fewer steps it ends beside the best now and then: the same scenarios are asked each time.
    { numRuns: 15, seed: 1 },
  );
});

test("what cannot share its node goes to the same zone", () => {
  const scenario = scenarioOf({
    nodes: { a: 1, b: 1, c: 1, d: 1 },
    services: { front: { initial: { a: 1 } }, back: { initial: { b: 1 } }, ballast: { initial: { c: 1 } } },
    traffic: [["front", "back", 1]],
  });
  const places = ["a", "b", "c", "d"].map((node) => ({ node, zone: node === "a" || node === "c" ? "1" : "2" }));
  const costTree = costTreeOf(new Topology(places), (locality) => defaultLocalityCosts[locality]);
  expect(factsOf({ ...scenario, costTree }, { movesMax: 1 })).toMatchObject({
    meanCost: 2,
    saved: 0.8,
    moves: 1,
    gainedAffinity: 0,
  });
});

test("hidden groups are found again", () => {
  for (const seed of [1, 2]) {
    const { scenario, hidden } = plantedScenario({ seed, pods: 120, noise: 0.1, fill: 0.9 });
    const planted = checkPlacement(scenario, hidden);
    expect(planted.violations).toEqual([]);
    const found = factsOf(scenario, { stepsMax: 600_000 });
    expect(found.violations).toEqual([]);
    expect(found.gainedAffinity).toBeGreaterThan(0.97 * planted.gainedAffinity);
  }
});

test("the social network comes to its proven optimum", () => {
  const parsed = parsePlacementScenario(JSON.parse(readFileSync("test/data/social-network-9x4.json", "utf8")));
  if (parsed.kind !== "parsed") throw new Error(parsed.reason);
  for (const seed of [1, 2, 3]) {
    const { gainedAffinity } = factsOf(parsed.value, { seed, stepsMax: 500_000 });
    expect(1 - gainedAffinity).toBeCloseTo(0.2818, 4);
  }
});

test("the same seed and steps give the same plan, another seed another", () => {
  const { scenario } = plantedScenario({ seed: 3, pods: 100, noise: 0.2, fill: 0.9 });
  const [once, again, other] = [7, 7, 8].map((seed) => plan(scenario, { seed, stepsMax: 20_000 }));
  expect(again).toEqual(once);
  expect(other).not.toEqual(once);
});

test("a search that is stopped answers with the best so far", () => {
  const { scenario } = plantedScenario({ seed: 3, pods: 100, noise: 0.2, fill: 0.9 });
  let looks = 0;
  const effort = { limit: { kind: "steps", stepsMax: 1e12 }, shouldStop: () => ++looks > 300 } as const;
  const planned = planPlacement(scenario, { effort, seed: 1, movesMax: Infinity });
  if (planned.kind !== "planned") throw new Error("no plan");
  const facts = checkPlacement(scenario, planned.placement);
  expect(facts.violations).toEqual([]);
  expect(facts.gainedAffinity).toBeGreaterThan(initialOf(scenario).gainedAffinity);
});

test("on the production cluster two moves buy more than the best one and then the next best, whatever the seed", () => {
  const parsed = parsePlacementScenario(JSON.parse(readFileSync("test/data/bytedance-m3.json", "utf8")));
  if (parsed.kind !== "parsed") throw new Error(parsed.reason);
  // These come to 0.0828.
  for (const seed of [1, 2, 3]) {
    const facts = factsOf(parsed.value, { movesMax: 2, seed, stepsMax: 300_000 });
    expect(facts.gainedAffinity).toBeGreaterThan(0.0828);
    expect(facts.moves).toBe(2);
  }
});
