import fc from "fast-check";
import { expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

const backoff = { initialMs: 100, maxMs: 1000 };

it("backoff doubles from the initial delay up to the limit", () => {
  expect([1, 2, 3, 4, 5, 6, 1000].map((failures) => backoffMs(backoff, failures, 0))).toEqual([
    100, 200, 400, 800, 1000, 1000, 1000,
  ]);
});

it("backoff takes off a random share of up to a half", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (n, random) => {
        const full = backoffMs(backoff, n, 0);
        const jittered = backoffMs(backoff, n, random);
        expect(jittered).toBeGreaterThanOrEqual(full / 2);
        expect(jittered).toBeLessThanOrEqual(full);
      },
    ),
  );
});
