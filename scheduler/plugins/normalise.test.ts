import fc from "fast-check";
import { expect, test } from "vitest";
import { scoresFromWorst, scoresFromZero } from "./normalise.ts";

const cases = [
  { name: "nothing", worth: [], fromZero: [], fromWorst: [] },
  { name: "no worth anywhere", worth: [0, 0], fromZero: [0, 0], fromWorst: [0, 0] },
  { name: "all alike", worth: [7, 7], fromZero: [10, 10], fromWorst: [0, 0] },
  { name: "best, half and none", worth: [8, 4, 0], fromZero: [10, 5, 0], fromWorst: [10, 5, 0] },
  { name: "a common part", worth: [30, 25, 20], fromZero: [10, 8, 6], fromWorst: [10, 5, 0] },
  { name: "nearly the best is not the best", worth: [100, 99, 0], fromZero: [10, 9, 0], fromWorst: [10, 9, 0] },
  { name: "rounding is not preference", worth: [1, 1 - 1e-15], fromZero: [10, 10], fromWorst: [0, 0] },
];

test.each(cases)("scores of $name", ({ worth, fromZero, fromWorst }) => {
  expect([...scoresFromZero(Float64Array.from(worth))]).toEqual(fromZero);
  expect([...scoresFromWorst(Float64Array.from(worth))]).toEqual(fromWorst);
});

const anyWorth = fc
  .array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 })
  .map((w) => Float64Array.from(w));

test("scores are integers from 0 to 10 in the order of worth", () => {
  fc.assert(
    fc.property(anyWorth, fc.constantFrom(scoresFromZero, scoresFromWorst), (worth, normalise) => {
      const scores = normalise(worth);
      for (const [i, score] of scores.entries()) {
        expect(Number.isInteger(score) && score >= 0 && score <= 10).toBe(true);
        for (const [j, other] of scores.entries())
          if ((worth[i] ?? 0) > (worth[j] ?? 0)) expect(score).toBeGreaterThanOrEqual(other);
      }
    }),
  );
});
