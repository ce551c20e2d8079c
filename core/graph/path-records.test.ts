import { expect, test } from "vitest";
import type { PathSample } from "../model/flow.ts";
import { PathRecords } from "./path-records.ts";

const minuteMs = 60_000;

function sample(part: Partial<PathSample>): PathSample {
  return { chain: "n6", spi: 1, reporter: "upf-0", attempts: 0, failures: 0, ...part };
}

function records(countersMax = 100): PathRecords {
  return new PathRecords({ halfLifeMs: 5 * minuteMs, countersMax });
}

test("a path's record is what its classifiers count more than before", () => {
  const known = records();
  known.observe([sample({ attempts: 500, failures: 50 }), sample({ reporter: "upf-1", attempts: 7 })], 1000);
  expect(known.records()).toEqual([]);
  known.observe([sample({ attempts: 600, failures: 51 }), sample({ reporter: "upf-1", attempts: 27 })], 1001);
  expect(known.records()).toEqual([{ chain: "n6", spi: 1, attempts: 120, failures: 1, lastAtMs: 1001 }]);
});

test("a path that is new to a classifier that was heard before counts from nothing", () => {
  const known = records();
  known.observe([sample({ attempts: 500 })], 1000);
  known.observe([sample({ attempts: 500 }), sample({ spi: 2, attempts: 20, failures: 10 })], 2000);
  expect(known.records()).toEqual([{ chain: "n6", spi: 2, attempts: 20, failures: 10, lastAtMs: 2000 }]);
});

test("a classifier that is new itself may have counted for days, so that only what follows counts", () => {
  const known = records();
  known.observe([sample({ attempts: 1 })], 1000);
  known.observe([sample({ attempts: 1 }), sample({ reporter: "upf-1", attempts: 9e6, failures: 1e6 })], 2000);
  expect(known.records()).toEqual([]);
});

test("a counter that fell was reset, and one that comes back goes on where it was", () => {
  const known = records();
  known.observe([sample({ attempts: 500, failures: 5 })], 1000);
  known.observe([sample({ attempts: 3, failures: 1 })], 1001);
  expect(known.records()).toMatchObject([{ attempts: 3, failures: 1 }]);
  known.observe([], 1002);
  known.observe([sample({ attempts: 10, failures: 1 })], 1003);
  expect(known.records()).toMatchObject([{ attempts: 9, failures: 0 }]);
});

test("what was counted fades by half every half-life, and is forgotten after ten", () => {
  const known = records();
  known.observe([sample({})], 0);
  known.observe([sample({ attempts: 1000, failures: 100 })], 1);
  known.observe([sample({ attempts: 1000, failures: 100 })], 1 + 5 * minuteMs);
  expect(known.records()).toMatchObject([{ attempts: 500, failures: 50, lastAtMs: 1 }]);
  known.observe([sample({ attempts: 1000, failures: 100 })], 2 + 50 * minuteMs);
  expect(known.records()).toEqual([]);
});

test("flows that began long ago and break off now are no more failures than attempts", () => {
  const known = records();
  known.observe([sample({})], 0);
  known.observe([sample({ attempts: 100 })], 1);
  known.observe([sample({ attempts: 100, failures: 90 })], 1 + 10 * minuteMs);
  expect(known.records()).toMatchObject([{ attempts: 90, failures: 90 }]);
});

const impossible = [
  { name: "more failures than attempts", part: { attempts: 1, failures: 2 } },
  { name: "fewer than none", part: { attempts: 1, failures: -1 } },
  { name: "no number", part: { attempts: Number.NaN, failures: 0 } },
];

test.each(impossible)("a sample with $name is refused", ({ part }) => {
  const known = records();
  expect(known.observe([sample(part), sample({ reporter: "upf-1" })], 1000)).toBe(1);
});

test("a reading that is no newer is refused whole", () => {
  const known = records();
  known.observe([sample({})], 1000);
  expect(known.observe([sample({ attempts: 5 })], 1000)).toBe(1);
  expect(known.records()).toEqual([]);
});

test("of too many counters those heard of longest ago are forgotten", () => {
  const known = records(2);
  const three = ["a", "b", "c"].map((reporter) => sample({ reporter, attempts: 1 }));
  known.observe(three, 1000);
  known.observe([sample({ reporter: "c", attempts: 4 })], 1001);
  expect(known.records()).toMatchObject([{ attempts: 3 }]);
});
