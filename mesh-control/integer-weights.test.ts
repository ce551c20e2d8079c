import fc from "fast-check";
import { expect, test } from "vitest";
import { integerWeights } from "./integer-weights.ts";

const cases = [
  { name: "thirds", shares: [1, 1, 1], weights: [3334, 3333, 3333] },
  { name: "the largest remainder first", shares: [0.1, 0.15, 0.25], weights: [2000, 3000, 5000] },
  { name: "one alone", shares: [0, 0.2], weights: [0, 10_000] },
  { name: "nothing", shares: [0, 0], weights: [0, 0] },
  { name: "nobody", shares: [], weights: [] },
];

test.each(cases)("integerWeights of $name", ({ shares, weights }) => {
  expect(integerWeights(shares, 10_000)).toEqual(weights);
});

test("integer weights sum to the total, and none is off by one or more", () => {
  const anyShares = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(anyShares, (shares) => {
      const sum = shares.reduce((before, share) => before + share, 0);
      fc.pre(sum > 1e-9);
      const weights = integerWeights(shares, 10_000);
      expect(weights.reduce((before, weight) => before + weight, 0)).toBe(10_000);
      for (const [at, share] of shares.entries())
        expect(Math.abs((weights[at] ?? 0) - (share / sum) * 10_000)).toBeLessThan(1);
    }),
  );
});
