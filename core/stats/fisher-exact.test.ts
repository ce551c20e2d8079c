import fc from "fast-check";
import { expect, test } from "vitest";
import { moreFailuresByChance, type Trials } from "./fisher-exact.ts";

const trials = (failures: number, attempts: number): Trials => ({ failures, attempts });

test("the lady tasting tea: three of four cups guessed right is chance in 17 of 70 cases", () => {
  expect(moreFailuresByChance(trials(3, 4), trials(1, 4))).toBeCloseTo(17 / 70, 12);
  expect(moreFailuresByChance(trials(4, 4), trials(0, 4))).toBeCloseTo(1 / 70, 12);
});

const nothing = [
  { name: "nothing failed", suspect: trials(0, 50), other: trials(0, 50) },
  { name: "nothing was tried", suspect: trials(0, 0), other: trials(3, 10) },
  { name: "everything failed on both", suspect: trials(20, 20), other: trials(30, 30) },
];

test.each(nothing)("no one is to blame where $name", ({ suspect, other }) => {
  expect(moreFailuresByChance(suspect, other)).toBe(1);
});

test("of the same number of failures the more there were attempts, the likelier is chance", () => {
  const other = trials(10, 1000);
  const chances = [100, 200, 500, 1000].map((attempts) => moreFailuresByChance(trials(12, attempts), other));
  expect(chances.toSorted((a, b) => a - b)).toEqual(chances);
});

/** Term by term, from binomial coefficients in whole numbers. */
function summed(suspect: Trials, other: Trials): number {
  const [total, failed] = [suspect.attempts + other.attempts, suspect.failures + other.failures];
  const most = Math.min(failed, suspect.attempts);
  let ways = 0n;
  for (let x = suspect.failures; x <= most; x += 1)
    ways += choose(failed, x) * choose(total - failed, suspect.attempts - x);
  return Number((ways * 10n ** 18n) / choose(total, suspect.attempts)) / 1e18;
}

function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let at = 1; at <= k; at += 1) result = (result * BigInt(n - k + at)) / BigInt(at);
  return k > n ? 0n : result;
}

test("the sum is that of whole numbers", () => {
  const some = fc
    .nat({ max: 80 })
    .chain((attempts) => fc.nat({ max: attempts }).map((failures) => trials(failures, attempts)));
  fc.assert(
    fc.property(some, some, (suspect, other) => {
      expect(moreFailuresByChance(suspect, other)).toBeCloseTo(summed(suspect, other), 9);
    }),
  );
});

test("millions of attempts take no longer than their failures, and stay within [0, 1]", () => {
  expect(moreFailuresByChance(trials(1000, 1e6), trials(1000, 1e6))).toBeCloseTo(0.51, 2);
  expect(moreFailuresByChance(trials(2000, 1e6), trials(1000, 1e6))).toBeLessThan(1e-60);
  expect(moreFailuresByChance(trials(500_000, 1e6), trials(500_000, 1e6))).toBeCloseTo(0.5, 2);
  expect(moreFailuresByChance(trials(500, 1e6), trials(100_000, 1e6))).toBe(1);
});
