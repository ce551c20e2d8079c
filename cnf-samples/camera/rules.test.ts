import { expect, test } from "vitest";
import { framesBy, isOver } from "./rules.ts";

test("frames are due at an even rate, whatever became of those before", () => {
  const plan = { framesPerSecond: 4, durationMs: undefined };
  expect([0, 249, 250, 1000, 60_000].map((elapsedMs) => framesBy(plan, elapsedMs))).toEqual([0, 0, 1, 4, 240]);
  expect(isOver(plan, 1e9)).toBe(false);
});

test("after its duration a camera sends no more", () => {
  const plan = { framesPerSecond: 4, durationMs: 1000 };
  expect(framesBy(plan, 5000)).toBe(4);
  expect([999, 1000].map((elapsedMs) => isOver(plan, elapsedMs))).toEqual([false, true]);
});
