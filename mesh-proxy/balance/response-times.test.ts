import fc from "fast-check";
import { expect, test } from "vitest";
import { ResponseTimes } from "./response-times.ts";

/** Ten answers each, in turns. */
function heard(averages: Readonly<Record<string, number>>, partMin = 0.1): ResponseTimes {
  const times = new ResponseTimes(partMin);
  for (let turn = 0; turn < 10; turn++)
    for (const [endpoint, ms] of Object.entries(averages)) times.observe("fw", endpoint, ms, 1000);
  return times;
}

const parts = (times: ResponseTimes, names: readonly string[], nowMs = 2000) =>
  names.map((name) => times.partOf("fw", name, nowMs));

test("who is as fast as the others, or up to twice as slow, keeps everything", () => {
  expect(parts(heard({ a: 10, b: 12, c: 20 }), ["a", "b", "c"])).toEqual([1, 1, 1]);
});

test("who is slower keeps the less the slower it is, and never less than the bound", () => {
  expect(parts(heard({ a: 10, b: 10, c: 40 }), ["a", "b", "c"])).toEqual([1, 1, 0.5]);
  expect(parts(heard({ a: 10, b: 10, c: 10_000 }), ["c"])).toEqual([0.1]);
});

test("no time at all is not slow", () => {
  expect(parts(heard({ a: 0, b: 0, c: 1 }), ["a", "b", "c"])).toEqual([1, 1, 0.1]);
});

test("endpoints are compared within their group only, and one alone with nobody", () => {
  const times = heard({ a: 1000 });
  for (let turn = 0; turn < 10; turn++) times.observe("dpi", "b", 1, 1000);
  expect(times.partOf("fw", "a", 2000)).toBe(1);
});

test("few answers say nothing, and old ones nothing any more", () => {
  const times = heard({ a: 10, b: 10, c: 40 });
  times.observe("fw", "d", 1000, 1000);
  expect(parts(times, ["c", "d"])).toEqual([0.5, 1]);
  expect(parts(times, ["c"], 31_001)).toEqual([1]);
});

test("who gets faster gets its traffic back", () => {
  const times = heard({ a: 10, b: 10, c: 100 });
  expect(parts(times, ["c"])).toEqual([0.2]);
  for (let turn = 0; turn < 40; turn++) times.observe("fw", "c", 10, 2000);
  expect(parts(times, ["c"], 3000)).toEqual([1]);
});

test("a bound of 1 turns it off", () => {
  expect(parts(heard({ a: 1, b: 1, c: 1000 }, 1), ["c"])).toEqual([1]);
});

test("only so many are remembered", () => {
  const times = heard({ a: 10, b: 10, c: 100 });
  for (let group = 0; group < 256; group++) times.observe(`g${group}`, "x", 1, 1000);
  expect(parts(times, ["c"])).toEqual([1]);
});

test("every part is in its bounds, the fastest keeps all, and slower never keeps more", () => {
  const anyAverages = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(anyAverages, (averages) => {
      const named = Object.fromEntries(averages.map((average, at) => [`e${at}`, average]));
      const times = heard(named, 0.25);
      const kept = averages.map((average, at) => ({ average, part: times.partOf("fw", `e${at}`, 2000) }));
      for (const { part } of kept) expect(part >= 0.25 && part <= 1).toBe(true);
      const sorted = kept.toSorted((a, b) => a.average - b.average);
      expect(sorted[0]?.part).toBe(1);
      for (const [at, { part }] of sorted.entries())
        expect(part).toBeLessThanOrEqual((sorted[at - 1]?.part ?? 1) + 1e-9);
    }),
  );
});
