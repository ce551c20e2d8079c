import { expect, test } from "vitest";
import { FadingTotals } from "./fading-totals.ts";

const minuteMs = 60_000;

function totals(countersMax = 100): FadingTotals<string> {
  return new FadingTotals({ halfLifeMs: 5 * minuteMs, countersMax }, (subject) => subject);
}

const sample = (subject: string, reporter: string, ...values: number[]) => ({ subject, reporter, values });

test("a total is what its reporters count more than before", () => {
  const known = totals();
  known.observe([sample("p", "a", 500, 50), sample("p", "b", 7, 0)], 1000);
  expect(known.totals()).toEqual([]);
  known.observe([sample("p", "a", 600, 51), sample("p", "b", 27, 0)], 1001);
  expect(known.totals()).toEqual([{ subject: "p", values: [120, 1], lastAtMs: 1001 }]);
});

test("a subject that is new to a reporter that was heard before counts from nothing", () => {
  const known = totals();
  known.observe([sample("p", "a", 500)], 1000);
  known.observe([sample("p", "a", 500), sample("q", "a", 20)], 2000);
  expect(known.totals()).toEqual([{ subject: "q", values: [20], lastAtMs: 2000 }]);
});

test("a reporter that is new itself may have counted for days, so that only what follows counts", () => {
  const known = totals();
  known.observe([sample("p", "a", 1)], 1000);
  known.observe([sample("p", "a", 1), sample("p", "b", 9e6)], 2000);
  expect(known.totals()).toEqual([]);
});

test("counters of which one fell were reset together, and those that come back go on where they were", () => {
  const known = totals();
  known.observe([sample("p", "a", 500, 5)], 1000);
  known.observe([sample("p", "a", 503, 1)], 1001);
  expect(known.totals()).toMatchObject([{ values: [503, 1] }]);
  known.observe([], 1002);
  known.observe([sample("p", "a", 510, 1)], 1002 + 5 * minuteMs);
  expect(known.totals()[0]?.values[0]).toBeCloseTo(503 / 2 + 7, 2);
});

test("what was counted fades by half every half-life, and is forgotten after ten", () => {
  const known = totals();
  known.observe([sample("p", "a", 0, 0)], 0);
  known.observe([sample("p", "a", 1000, 100)], 1);
  known.observe([sample("p", "a", 1000, 100)], 1 + 5 * minuteMs);
  expect(known.totals()).toEqual([{ subject: "p", values: [500, 50], lastAtMs: 1 }]);
  known.observe([sample("p", "a", 1000, 100)], 2 + 50 * minuteMs);
  expect(known.totals()).toEqual([]);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("a sample of %d is refused", (value) => {
  expect(totals().observe([sample("p", "a", 1, value), sample("p", "b", 1, 1)], 1000)).toBe(1);
});

test("a reading that is no newer is refused whole", () => {
  const known = totals();
  known.observe([sample("p", "a", 0)], 1000);
  expect(known.observe([sample("p", "a", 5)], 1000)).toBe(1);
  expect(known.totals()).toEqual([]);
});

test("of too many counters those heard of longest ago are forgotten", () => {
  const known = totals(2);
  known.observe([sample("p", "a", 1), sample("p", "b", 1), sample("p", "c", 1)], 1000);
  known.observe([sample("p", "c", 4)], 1001);
  expect(known.totals()).toMatchObject([{ values: [3] }]);
});
