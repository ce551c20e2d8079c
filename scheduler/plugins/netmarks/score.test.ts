import fc from "fast-check";
import { expect, test } from "vitest";
import { anyScoringCase, scoringInput } from "../../../test/builders/scoring-input.ts";
import { netmarks } from "./score.ts";

const places = ["a", "b", "c"].map((node) => ({ node }));

const cases = [
  {
    name: "the README's example",
    input: { places, peers: [{ bytesPerSecond: 900, on: { a: 1, b: 2 } }, { bytesPerSecond: 400, on: { a: 1 } }] },
    worth: [700, 600, 0],
    scores: [10, 8, 0],
  },
  {
    name: "no peers",
    input: { places, peers: [] },
    worth: [0, 0, 0],
    scores: [0, 0, 0],
  },
  {
    name: "replicas of its own that it talks to",
    input: { places, own: { b: 1 }, peers: [{ bytesPerSecond: 50, on: { b: 1 }, isOwn: true }] },
    worth: [0, 50, 0],
    scores: [0, 10, 0],
  },
  {
    name: "a node that the cluster does not know",
    input: { places, peers: [{ bytesPerSecond: 100, on: { a: 1 } }], candidates: ["ghost", "a"] },
    worth: [0, 100],
    scores: [0, 10],
  },
]; // biome-ignore format: cases read as a table

test.each(cases)("netmarks scores $name", ({ input, worth, scores }) => {
  const scoring = netmarks.score(scoringInput(input));
  expect([...scoring.worth]).toEqual(worth);
  expect([...scoring.scores]).toEqual(scores);
});

test("over all nodes the worth adds up to all traffic", () => {
  fc.assert(
    fc.property(anyScoringCase, (input) => {
      const all = input.peers.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
      const { worth } = netmarks.score(scoringInput(input));
      expect(worth.reduce((sum, each) => sum + each, 0)).toBeCloseTo(all, 6);
    }),
  );
});

test("where the pod's own replicas stand does not matter", () => {
  fc.assert(
    fc.property(anyScoringCase, (input) => {
      expect(netmarks.score(scoringInput(input))).toEqual(netmarks.score(scoringInput({ ...input, own: {} })));
    }),
  );
});
