import { expect, test } from "vitest";
import { PathWatch } from "./path-watch.ts";

const limits = { attemptsMin: 20, errorRise: 0.02, significance: 0.0001, readingsMin: 2 };
const change = { chainUid: "u1", active: { spi: 2 }, before: { spi: 1 } };
const old = { spi: 1, attempts: 1000, failures: 0, lastAtMs: 1 };
const bad = (lastAtMs: number) => ({ spi: 2, attempts: 100, failures: 50, lastAtMs });
const good = (lastAtMs: number) => ({ spi: 2, attempts: 100, failures: 0, lastAtMs });

test("one report is not enough, the second with something new is", () => {
  const watch = new PathWatch(limits);
  expect(watch.observe([old, bad(10)], [change])).toBe(false);
  expect(watch.observe([old, bad(10)], [change])).toBe(false);
  expect(watch.verdictOn("u1", 2)).toBeUndefined();
  expect(watch.observe([old, bad(15)], [change])).toBe(true);
  expect(watch.verdictOn("u1", 2)).toContain("50 of 100 attempts failed (50.0 %) on it");
  expect([watch.verdictOn("u1", 1), watch.verdictOn("u2", 2)]).toEqual([undefined, undefined]);
});

test("a report that finds it alike clears a path", () => {
  const watch = new PathWatch(limits);
  watch.observe([old, bad(10)], [change]);
  watch.observe([old, good(15)], [change]);
  expect(watch.observe([old, bad(20)], [change])).toBe(false);
});

test("a report without the path changes nothing, and one after the change is over forgets it", () => {
  const watch = new PathWatch(limits);
  watch.observe([old, bad(10)], [change]);
  watch.observe([], [change]);
  expect(watch.observe([old, bad(15)], [change])).toBe(true);
  watch.observe([old, bad(20)], []);
  expect(watch.verdictOn("u1", 2)).toBeUndefined();
});

test("the next path of a chain begins without suspicion", () => {
  const watch = new PathWatch(limits);
  watch.observe([old, bad(10)], [change]);
  const next = { ...change, active: { spi: 3 } };
  expect(watch.observe([old, { ...bad(15), spi: 3 }], [next])).toBe(false);
});
