import fc from "fast-check";
import { expect, test } from "vitest";
import { DecayedRate } from "./decayed-rate.ts";

const halfLifeMs = 10_000;

function rateAfter(...values: readonly (readonly [total: number, atMs: number])[]): DecayedRate {
  const rate = new DecayedRate(halfLifeMs);
  for (const [total, atMs] of values) expect(rate.observe(total, atMs)).toBeUndefined();
  return rate;
}

test("one value is no rate yet", () => {
  expect(rateAfter([5_000_000, 0]).perSecond()).toBe(0);
});

test("the second value gives the true rate at once", () => {
  expect(rateAfter([100, 0], [600, 1000]).perSecond()).toBeCloseTo(500, 9);
});

test("after a change, one half-life brings the rate half way", () => {
  const steady = Array.from({ length: 200 }, (_, second) => [second * 100, second * 1000] as const);
  const rate = rateAfter(...steady);
  rate.observe(199 * 100 + 10 * 300, 209_000);
  expect(rate.perSecond()).toBeCloseTo(200, 2);
});

test("a counter that was silent before its first value grows as fast as the one before it fades", () => {
  const before = rateAfter([0, 0], [30_000, 30_000]);
  const after = new DecayedRate(halfLifeMs, 30_000);
  for (const second of [30, 31, 35, 40, 70]) {
    before.observe(30_000, second * 1000 + 1);
    after.observe((second - 30) * 1000, second * 1000 + 1);
    expect(before.perSecond() + after.perSecond()).toBeCloseTo(1000, 0);
  }
  expect(after.perSecond()).toBeGreaterThan(900);
});

test("after a reset all of the new value is new", () => {
  expect(rateAfter([10_000, 0], [50, 1000]).perSecond()).toBeCloseTo(50, 9);
});

test("silence halves the rate every half-life", () => {
  const rate = rateAfter([0, 0], [1000, 1000]);
  expect(rate.perSecondFadedTo(1000 + 2 * halfLifeMs)).toBeCloseTo(250, 9);
  expect(rate.perSecondFadedTo(0)).toBeCloseTo(1000, 9);
});

const refusals = [
  { name: "a value that is not a number", total: Number.NaN, atMs: 2000, reason: "not-finite" },
  { name: "an infinite value", total: Number.POSITIVE_INFINITY, atMs: 2000, reason: "not-finite" },
  { name: "a time that is not a number", total: 9, atMs: Number.NaN, reason: "not-finite" },
  { name: "a negative value", total: -1, atMs: 2000, reason: "negative" },
  { name: "a value of the same moment", total: 9, atMs: 1000, reason: "not-newer" },
  { name: "a value from the past", total: 9, atMs: 500, reason: "not-newer" },
] as const;

test.each(refusals)("$name is refused and changes nothing", ({ total, atMs, reason }) => {
  const rate = rateAfter([0, 0], [700, 1000]);
  expect(rate.observe(total, atMs)).toBe(reason);
  expect(rate.perSecond()).toBeCloseTo(700, 9);
});

test("a steady counter gives its rate however it is sampled", () => {
  const gapsMs = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), gapsMs, (bytesPerMs, gaps) => {
      const rate = rateAfter([0, 0]);
      let atMs = 0;
      for (const gap of gaps) {
        atMs += gap;
        rate.observe(atMs * bytesPerMs, atMs);
      }
      expect(rate.perSecond()).toBeCloseTo(bytesPerMs * 1000, 3);
    }),
  );
});

test("the rate stays between the slowest and the fastest interval, resets included", () => {
  const steps = fc.array(fc.record({ gapMs: fc.integer({ min: 1, max: 9000 }), total: fc.nat() }), { minLength: 2 });
  fc.assert(
    fc.property(steps, (values) => {
      const rate = new DecayedRate(halfLifeMs);
      const rates: number[] = [];
      let atMs = 0;
      let before: number | undefined;
      for (const { gapMs, total } of values) {
        atMs += gapMs;
        rate.observe(total, atMs);
        if (before !== undefined) rates.push(((total < before ? total : total - before) * 1000) / gapMs);
        before = total;
      }
      const tolerance = 1e-9 * Math.max(...rates, 1);
      expect(rate.perSecond()).toBeGreaterThanOrEqual(Math.min(...rates) - tolerance);
      expect(rate.perSecond()).toBeLessThanOrEqual(Math.max(...rates) + tolerance);
    }),
  );
});
