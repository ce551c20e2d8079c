import { expect, test } from "vitest";
import { placementOfWords, scenarioOf } from "../../../test/builders/placement-scenario.ts";
import { checkPlacement } from "./check-placement.ts";

const scenario = scenarioOf({
  nodes: { a: 4, b: 4 },
  services: {
    front: { replicas: 4, initial: { a: 2, b: 2 }, pinned: { b: 1 } },
    back: { replicas: 2, cpu: 2, nodes: ["a", "b"], perNodeMax: 1, initial: { a: 1 } },
  },
  traffic: [["front", "back", 3]],
});

test("the figures of a split placement", () => {
  expect(checkPlacement(scenario, placementOfWords({ front: { a: 1, b: 3 }, back: { a: 1, b: 1 } }))).toMatchObject({
    gainedAffinity: 0.75,
    roundRobinShare: 0.5,
    moves: 1,
  });
});

test("traffic of a service with itself stays on its nodes", () => {
  const own = { ...scenario, traffic: [{ from: "front", to: "front", weight: 1 }] };
  const { gainedAffinity, roundRobinShare } = checkPlacement(own, placementOfWords({ front: { a: 2, b: 2 } }));
  expect([gainedAffinity, roundRobinShare]).toEqual([1, 0.5]);
});

test("without traffic there is nothing to gain", () => {
  expect(checkPlacement({ ...scenario, traffic: [] }, placementOfWords({ front: { a: 4 } })).gainedAffinity).toBe(0);
});

const back = { a: 1, b: 1 };
const front = { a: 2, b: 2 };
const broken = [
  { name: "a missing replica", placed: { front: { a: 1, b: 2 }, back }, kind: "replicas" },
  { name: "half a replica", placed: { front: { a: 1.5, b: 2.5 }, back }, kind: "replicas" },
  { name: "an unknown node", placed: { front: { ghost: 2, b: 2 }, back }, kind: "nodes" },
  { name: "too many on one node", placed: { front, back: { a: 2 } }, kind: "per-node" },
  { name: "a pinned replica that left", placed: { front: { a: 4 }, back }, kind: "pinned" },
  { name: "a node that is too full", placed: { front: { a: 3, b: 1 }, back }, kind: "capacity" },
];

test.each(broken)("$name is a violation", ({ placed, kind }) => {
  const { violations } = checkPlacement(scenario, placementOfWords(placed));
  expect(violations.map((violation) => violation.kind)).toContain(kind);
});

test("replicas that are pinned where no more may come are no violation", () => {
  const held = scenarioOf({
    nodes: { a: 4, b: 4 },
    services: { front: { replicas: 3, nodes: ["b"], perNodeMax: 1, initial: { a: 2 }, pinned: { a: 2 } } },
    traffic: [],
  });
  expect(checkPlacement(held, placementOfWords({ front: { a: 2, b: 1 } })).violations).toEqual([]);
  const [more, fewer] = [{ a: 3 }, { a: 1, b: 2 }].map((front) => checkPlacement(held, placementOfWords({ front })));
  expect(more?.violations.map(({ kind }) => kind)).toEqual(["nodes", "per-node"]);
  expect(fewer?.violations.map(({ kind }) => kind)).toEqual(["per-node", "pinned"]);
});

test("a placement within all limits has none", () => {
  expect(checkPlacement(scenario, placementOfWords({ front, back })).violations).toEqual([]);
});
