import fc from "fast-check";
import { expect, test } from "vitest";
import { balancedSplit, sharesOf } from "../../../core/model/balanced-split.ts";
import type { Place } from "../../../core/model/locality.ts";
import { anyScoringCase, costsBetween, type ScoringCase, scoringInput } from "../../../test/builders/scoring-input.ts";
import { locality } from "./score.ts";

const places: readonly Place[] = [
  { node: "a", zone: "1", region: "eu" },
  { node: "b", zone: "1", region: "eu" },
  { node: "c", zone: "2", region: "eu" },
  { node: "d" },
];

const cases: readonly { name: string; input: ScoringCase; worth: number[]; scores: number[] }[] = [
  {
    name: "the README's example",
    input: { places, own: { a: 1 }, peers: [{ bytesPerSecond: 1000, on: { a: 1, b: 1 } }] },
    worth: [4000, 5000, 2500, 0],
    scores: [8, 10, 5, 0],
  },
  {
    name: "the first replica, near its only peer",
    input: { places, peers: [{ bytesPerSecond: 100, on: { c: 1 } }] },
    worth: [500, 500, 1000, 0],
    scores: [5, 5, 10, 0],
  },
  {
    name: "no peers",
    input: { places, peers: [] },
    worth: [0, 0, 0, 0],
    scores: [0, 0, 0, 0],
  },
  {
    name: "replicas of its own only, whose traffic stays on their nodes anyway",
    input: { places, own: { b: 1 }, peers: [{ bytesPerSecond: 50, on: { b: 1 }, isOwn: true }] },
    worth: [0, 0, 0, 0],
    scores: [0, 0, 0, 0],
  },
  {
    name: "a node that the cluster does not know",
    input: { places, peers: [{ bytesPerSecond: 100, on: { a: 1 } }], candidates: ["ghost", "a"] },
    worth: [0, 1000],
    scores: [0, 10],
  },
];

test.each(cases)("locality scores $name", ({ input, worth, scores }) => {
  const scoring = locality.score(scoringInput(input));
  expect([...scoring.worth]).toEqual(worth);
  expect([...scoring.scores]).toEqual(scores);
});

test("between any two nodes the worth differs by exactly what the balanced split costs less", () => {
  fc.assert(
    fc.property(anyScoringCase, (input) => {
      const { worth } = locality.score(scoringInput(input));
      const costs = input.places.map((place) => costWithPodAt(place, input));
      for (const [i, each] of worth.entries())
        expect(each - (worth[0] ?? 0)).toBeCloseTo((costs[0] ?? 0) - (costs[i] ?? 0), 6);
    }),
    { numRuns: 500 },
  );
});

test("a peer's second replica elsewhere draws the second replica after it", () => {
  const peers = [{ bytesPerSecond: 100, on: { a: 1, c: 1 } }];
  const { scores } = locality.score(scoringInput({ places, own: { a: 1 }, peers }));
  expect(scores.indexOf(10)).toBe(2);
});

/** The cost of all pairs by the split itself, with the pod on `place`. */
function costWithPodAt(place: Place, scoringCase: ScoringCase): number {
  const { places: all, own = {}, peers } = scoringCase;
  const standing = (on: Readonly<Record<string, number>>) =>
    all.flatMap((each) => Array.from({ length: on[each.node] ?? 0 }, () => each));
  const sources = sharesOf([...standing(own), place]);
  const costBetween = costsBetween(scoringCase);
  let cost = 0;
  for (const { bytesPerSecond, on } of peers) {
    const destinations = sharesOf(standing(on));
    for (const { source, destination, fraction } of balancedSplit(sources, destinations)) {
      const [from, to] = [sources[source]?.place.node ?? "", destinations[destination]?.place.node ?? ""];
      cost += bytesPerSecond * fraction * costBetween(from, to);
    }
  }
  return cost;
}
