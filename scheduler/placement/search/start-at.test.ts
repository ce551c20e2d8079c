import { expect, test } from "vitest";
import type { PlacementScenario } from "../../../core/model/placement-scenario.ts";
import { scenarioOf } from "../../../test/builders/placement-scenario.ts";
import { checkPlacement } from "./check-placement.ts";
import { placementProblemOf } from "./placement-problem.ts";
import { PlacementState } from "./placement-state.ts";
import { placementOf } from "./plan-placement.ts";
import { startAt } from "./start-at.ts";

function start(scenario: PlacementScenario, movesMax = Infinity) {
  const state = new PlacementState(placementProblemOf(scenario));
  const started = startAt(state, movesMax);
  return started.kind === "no-room" ? started : checkPlacement(scenario, placementOf(scenario, state));
}

const overloaded = scenarioOf({
  nodes: { a: 2, b: 3 },
  services: { big: { cpu: 2, initial: { a: 1 } }, small: { replicas: 2, initial: { a: 2 } } },
  traffic: [["big", "small", 1]],
});

test("a node that is over its capacity gives away what it takes, and no more", () => {
  expect(start(overloaded)).toMatchObject({ moves: 1, violations: [] });
});

test("without moves an overload stays as it is", () => {
  expect(start(overloaded, 0)).toMatchObject({
    moves: 0,
    violations: [{ kind: "capacity", node: "a", resource: "cpu", used: 4, capacity: 2 }],
  });
});

test("a replica leaves a node where it may not stand", () => {
  const scenario = scenarioOf({
    nodes: { a: 2, b: 2 },
    services: { picky: { nodes: ["b"], initial: { a: 1 } } },
    traffic: [],
  });
  expect(start(scenario)).toMatchObject({ moves: 1, violations: [] });
});

test("a replica that is pinned where no more may come has no others put beside it", () => {
  const scenario = scenarioOf({
    nodes: { a: 9, b: 9 },
    services: {
      front: { initial: { a: 1 } },
      back: { replicas: 2, nodes: ["b"], initial: { a: 1 }, pinned: { a: 1 } },
    },
    traffic: [["front", "back", 1]],
  });
  expect(start(scenario)).toMatchObject({ moves: 0, violations: [], gainedAffinity: 0.5 });
});

test("a pending replica goes where its peers are", () => {
  const scenario = scenarioOf({
    nodes: { a: 9, b: 9 },
    services: { front: { initial: { b: 1 } }, back: {} },
    traffic: [["front", "back", 1]],
  });
  expect(start(scenario)).toMatchObject({ gainedAffinity: 1, moves: 0 });
});

const fragmented = scenarioOf({
  nodes: { a: 3, b: 3 },
  services: { small: { replicas: 2, cpu: 1, initial: { a: 1, b: 1 } }, big: { cpu: 3 } },
  traffic: [],
});

test("what stands makes room for a pending replica if moves are left", () => {
  expect(start(fragmented)).toMatchObject({ moves: 1, violations: [] });
  expect(start(fragmented, 0)).toEqual({ kind: "no-room", service: 1 });
});

test("everything is packed anew where nothing else makes room", () => {
  const scenario = scenarioOf({
    nodes: { a: 5, b: 5, c: 5 },
    services: {
      two: { replicas: 3, cpu: 2, initial: { a: 1, b: 1, c: 1 } },
      three: { replicas: 2, cpu: 3, initial: { a: 1, b: 1 } },
      last: { cpu: 3 },
    },
    traffic: [],
  });
  expect(start(scenario)).toMatchObject({ violations: [] });
});

test("three times 0.1 fit in 0.3", () => {
  const scenario = scenarioOf({ nodes: { a: 0.3 }, services: { third: { replicas: 3, cpu: 0.1 } }, traffic: [] });
  expect(start(scenario)).toMatchObject({ violations: [] });
});

test("what is too large by a millionth does not fit", () => {
  const scenario = scenarioOf({ nodes: { a: 0.3 }, services: { third: { replicas: 3, cpu: 0.1000001 } }, traffic: [] });
  expect(start(scenario)).toEqual({ kind: "no-room", service: 0 });
});
