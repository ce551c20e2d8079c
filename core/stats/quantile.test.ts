import fc from "fast-check";
import { expect, test } from "vitest";
import { quantile } from "./quantile.ts";

test("quantile(values, p) uses the R-7 method", () => {
  expect([0, 0.25, 0.5, 0.9, 1].map((p) => quantile([10, 20, 30, 40], p))).toEqual([10, 17.5, 25, 37, 40]);
});

test("nothing has no quantile", () => {
  expect(quantile([], 0.5)).toBeUndefined();
});

test("a quantile outside [0, 1] is a bug", () => {
  expect(() => quantile([1], 1.5)).toThrow("[0, 1]");
});

test("quantiles grow with p and stay within the values", () => {
  const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 });
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(numbers, part, part, (values, p, q) => {
      const ascending = Float64Array.from(values).sort();
      const [low = Number.NaN, high = Number.NaN] = [Math.min(p, q), Math.max(p, q)].map((r) => quantile(ascending, r));
      expect(low).toBeLessThanOrEqual(high + 1e-9);
      expect(low).toBeGreaterThanOrEqual(Math.min(...values));
      expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
    }),
  );
});
