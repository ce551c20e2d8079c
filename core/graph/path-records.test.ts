import { expect, test } from "vitest";
import type { HopSample, PathSample } from "../model/flow.ts";
import { PathRecords } from "./path-records.ts";

const minuteMs = 60_000;
const records = () => new PathRecords({ halfLifeMs: 5 * minuteMs, countersMax: 100 });

function sample(part: Partial<PathSample>): PathSample {
  return { chain: "n6", spi: 1, reporter: "upf-0", attempts: 0, failures: 0, answer: { count: 0, sumMs: 0 }, ...part };
}

function hop(serviceIndex: number, part: Partial<HopSample>): HopSample {
  const nothing = { count: 0, sumMs: 0 };
  return {
    chain: "n6",
    spi: 1,
    reporter: `pod-${serviceIndex}`,
    serviceIndex,
    function: nothing,
    answer: nothing,
    ...part,
  };
}

test("a path's record is what its classifiers count more than before, in whole numbers", () => {
  const known = records();
  known.observe([sample({ attempts: 500, failures: 50 }), sample({ spi: 2, attempts: 7 })], [], 1000);
  expect(known.records()).toEqual([]);
  known.observe([sample({ attempts: 601, failures: 53 }), sample({ spi: 2, attempts: 27 })], [], 1001);
  known.observe([sample({ attempts: 601, failures: 53 }), sample({ spi: 2, attempts: 27 })], [], 1001 + 5 * minuteMs);
  expect(known.records()).toEqual([
    { chain: "n6", spi: 1, attempts: 50, failures: 1, lastAtMs: 1001, answerMs: undefined, hops: [] },
    { chain: "n6", spi: 2, attempts: 10, failures: 0, lastAtMs: 1001, answerMs: undefined, hops: [] },
  ]);
});

test("flows that began long ago and break off now are no more failures than attempts", () => {
  const known = records();
  known.observe([sample({})], [], 0);
  known.observe([sample({ attempts: 100 })], [], 1);
  known.observe([sample({ attempts: 100, failures: 90 })], [], 1 + 10 * minuteMs);
  expect(known.records()).toMatchObject([{ attempts: 90, failures: 90 }]);
});

test("a sample with more failures than attempts is refused", () => {
  expect(records().observe([sample({ attempts: 1, failures: 2 }), sample({ reporter: "upf-1" })], [], 1000)).toBe(1);
});

test("hops have the means of what was timed of late, over all their instances", () => {
  const known = records();
  known.observe([sample({})], [hop(1, {}), hop(1, { reporter: "other" }), hop(2, {})], 1000);
  const timed = [
    hop(1, { function: { count: 10, sumMs: 20 }, answer: { count: 10, sumMs: 80 } }),
    hop(1, { function: { count: 30, sumMs: 20 }, reporter: "other" }),
    hop(2, { answer: { count: 10, sumMs: 90 } }),
  ];
  known.observe([sample({ attempts: 40, answer: { count: 40, sumMs: 400 } })], timed, 2000);
  expect(known.records()[0]?.answerMs).toBe(10);
  expect(known.records()[0]?.hops).toEqual([
    { serviceIndex: 2, functionMs: undefined, answerMs: 9 },
    { serviceIndex: 1, functionMs: 1, answerMs: 8 },
  ]);
});
