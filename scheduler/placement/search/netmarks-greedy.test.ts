import { expect, test } from "vitest";
import { scenarioOf } from "../../../test/builders/placement-scenario.ts";
import { heaviestPairsFirst, netmarksGreedy } from "./netmarks-greedy.ts";
import { placementProblemOf } from "./placement-problem.ts";

const problem = placementProblemOf(
  scenarioOf({
    nodes: { a: 2, b: 2, c: 2 },
    services: { quiet: {}, amf: {}, smf: {}, upf: {} },
    traffic: [
      ["amf", "smf", 1],
      ["smf", "upf", 5],
    ],
  }),
);

test("the heaviest pair comes first, what has no traffic last", () => {
  expect(heaviestPairsFirst(problem)).toEqual([2, 3, 1, 0]);
});

test("a greedy score that looks at one pod after another keeps the heaviest pair together when it comes first", () => {
  expect(netmarksGreedy(problem, [2, 3, 1, 0]).state.gained).toBeCloseTo(5 / 6, 12);
});

test("in another order it fills the node that the heaviest pair needs", () => {
  expect(netmarksGreedy(problem, [1, 2, 3, 0]).state.gained).toBeCloseTo(1 / 6, 12);
});

test("a replica without room stays pending", () => {
  const tight = scenarioOf({ nodes: { a: 1 }, services: { twin: { replicas: 2 } }, traffic: [] });
  expect(netmarksGreedy(placementProblemOf(tight), [0])).toMatchObject({ pending: 1, state: { moved: 0 } });
});
