import { expect, test } from "vitest";
import { PathTimes } from "./path-times.ts";

const timing = (answerMs: number | undefined, functionMs = 1, serviceIndex = 1) => {
  return { spi: 7, answerMs, hops: [{ serviceIndex, functionMs }] };
};

test("times are told when they come, and again when one has moved by more than a fifth", () => {
  const times = new PathTimes();
  expect(times.observe([timing(10)])).toBe(true);
  expect(times.observe([timing(11.9, 1.1)])).toBe(false);
  expect(times.of(7)).toEqual(timing(10));
  expect(times.observe([timing(12.1)])).toBe(true);
  expect(times.observe([timing(12, 1.3)])).toBe(true);
  expect(times.of(7)).toEqual(timing(12, 1.3));
});

test("times of next to nothing are not told anew for next to nothing", () => {
  const times = new PathTimes();
  times.observe([timing(0.05, 0.02)]);
  expect(times.observe([timing(0.14, 0.11)])).toBe(false);
  expect(times.observe([timing(0.14, 0.13)])).toBe(true);
});

const changes = [
  { name: "another hop", after: timing(10, 1, 2) },
  { name: "one hop less", after: { spi: 7, answerMs: 10, hops: [] } },
  { name: "no answers any more", after: timing(undefined) },
];

test.each(changes)("$name is news", ({ after }) => {
  const times = new PathTimes();
  times.observe([timing(10)]);
  expect(times.observe([after])).toBe(true);
});

test("a path of which nothing was timed has no times, and one that is gone is forgotten", () => {
  const times = new PathTimes();
  expect(times.observe([{ spi: 7, hops: [] }])).toBe(false);
  expect(times.of(7)).toBeUndefined();
  times.observe([timing(10)]);
  times.observe([]);
  expect(times.of(7)).toBeUndefined();
});
