import { expect, test } from "vitest";
import { warmth } from "./slow-start.ts";

const limits = { windowMs: 1000, aggression: 1, minimumPercent: 10 };

test("weight grows from the minimum to all of it over the window", () => {
  expect([0, 50, 100, 250, 500, 999, 1000, 5000].map((ageMs) => warmth(ageMs, limits))).toEqual([
    0.1, 0.1, 0.1, 0.25, 0.5, 0.999, 1, 1,
  ]);
});

test("with more aggression it grows faster at first, with less slower, and it never shrinks", () => {
  expect(warmth(250, { ...limits, aggression: 2 })).toBe(0.5);
  expect(warmth(500, { ...limits, aggression: 0.5 })).toBe(0.25);
  for (const aggression of [0.5, 1, 3]) {
    const grown = Array.from({ length: 101 }, (_, at) => warmth(at * 10, { ...limits, aggression }));
    expect(grown.toSorted((a, b) => a - b)).toEqual(grown);
  }
});
