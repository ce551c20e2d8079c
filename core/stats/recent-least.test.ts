import fc from "fast-check";
import { expect, test } from "vitest";
import { RecentLeast } from "./recent-least.ts";

const options = { spanMs: 1000, valuesMin: 3 };

function leastAfter(values: readonly (readonly [atMs: number, value: number])[]): number {
  const recent = new RecentLeast(options);
  for (const [atMs, value] of values) recent.observe(value, atMs);
  return recent.least;
}

test("of nothing the least is infinite", () => {
  expect(leastAfter([])).toBe(Number.POSITIVE_INFINITY);
});

const cases = [
  { name: "late values change nothing", values: [[0, 5], [1, 90], [2, 70]], least: 5 },
  { name: "a lower value counts at once", values: [[0, 5], [1, 4]], least: 4 },
  { name: "the span before still counts", values: [[0, 5], [1, 6], [2, 7], [1000, 9]], least: 5 },
  {
    name: "after two spans a longer way is believed",
    values: [[0, 5], [1, 5], [2, 5], [1000, 9], [1001, 9], [1002, 9], [2000, 9]],
    least: 9,
  },
  { name: "a span with few values goes on", values: [[0, 5], [5000, 90], [90_000, 80]], least: 5 },
  { name: "a short span goes on however many values it has", values: [[0, 5], [1, 9], [2, 9], [3, 9], [4, 9], [5, 9]], least: 5 },
] as const; // biome-ignore format: cases read as a table

test.each(cases)("$name", ({ values, least }) => {
  expect(leastAfter(values)).toBe(least);
});

test("the least is one of the values, none of the last two spans is less, and none newer than a span is left out", () => {
  const value = fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), value: fc.integer({ min: 1, max: 100 }) });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), (steps) => {
      let atMs = 0;
      const timed = steps.map(({ afterMs, value }) => {
        atMs += afterMs;
        return [atMs, value] as const;
      });
      const least = leastAfter(timed);
      const late = timed.filter(([at]) => at > atMs - options.spanMs).map(([, each]) => each);
      expect(timed.map(([, each]) => each)).toContain(least);
      expect(least).toBeLessThanOrEqual(Math.min(...late));
    }),
  );
});
