import fc from "fast-check";
import { expect, test } from "vitest";
import type { DelaySample } from "../model/flow.ts";
import { DelayTable } from "./delay-table.ts";

const options = { spanMs: 1000, forgottenAfterMs: 60_000, pairsMax: 100 };

function sample(pair: string, leastMs: number, connections = 1, series = "p"): DelaySample {
  const [sourceNode = "", destinationNode = ""] = pair.split(">");
  return { sourceNode, destinationNode, series, connections, leastMs };
}

const roundTrips = (table: DelayTable) =>
  Object.fromEntries([...table.pairs()].map(({ a, b, roundTripMs }) => [`${a}>${b}`, roundTripMs]));

test("a pair is as far as the least that anybody on either side has seen", () => {
  const table = new DelayTable(options);
  table.observe([sample("a>b", 3, 1, "p"), sample("a>b", 2, 1, "q"), sample("b>a", 2.5), sample("a>a", 0.1)], 0);
  expect(roundTrips(table)).toEqual({ "a>b": 2, "a>a": 0.1 });
  expect(table.roundTripMs("b", "a")).toBe(2);
  expect(table.roundTripMs("a", "c")).toBeUndefined();
});

test("late connections change nothing, and a longer way is believed after two spans", () => {
  const table = new DelayTable(options);
  const least = (atMs: number, leastMs: number) => {
    table.observe([sample("a>b", leastMs, atMs + 1)], atMs);
    return table.roundTripMs("a", "b");
  };
  expect([least(0, 2), least(1, 90), least(2, 70)]).toEqual([2, 2, 2]);
  expect([least(1000, 5), least(1001, 5), least(1002, 5)]).toEqual([2, 2, 2]);
  expect(least(2000, 5)).toBe(5);
});

test("a sample without new connections is no news", () => {
  const table = new DelayTable(options);
  expect(table.observe([sample("a>b", 2)], 0)).toEqual({ news: 1, refused: 0, dropped: 0 });
  const { version } = table;
  expect(table.observe([sample("a>b", 2)], 5000).news).toBe(0);
  expect(table.lastNewsAtMs).toBe(0);
  expect(table.observe([sample("a>b", 2, 2)], 10_000).news).toBe(1);
  expect(table.lastNewsAtMs).toBe(10_000);
  expect(table.version).toBe(version);
});

test("a reporter that has begun anew is news", () => {
  const table = new DelayTable(options);
  table.observe([sample("a>b", 2, 70)], 0);
  expect(table.observe([sample("a>b", 1, 3)], 1).news).toBe(1);
  expect(table.roundTripMs("a", "b")).toBe(1);
});

test("what cannot be is refused, and so is a reading that is no newer than the last", () => {
  const table = new DelayTable(options);
  const impossible = [sample("a>b", 0), sample("a>b", -1), sample("a>b", Number.NaN), sample("a>b", 1, 0)];
  expect(table.observe([...impossible, sample("a>b", Number.POSITIVE_INFINITY)], 10)).toMatchObject({ refused: 5 });
  expect(table.pairCount).toBe(0);
  expect(table.observe([sample("a>b", 1)], 10)).toEqual({ news: 0, refused: 1, dropped: 0 });
});

test("pairs without news are forgotten when readings go on, and not while there are none", () => {
  const table = new DelayTable(options);
  table.observe([sample("a>b", 1)], 0);
  table.observe([], 60_000);
  expect(table.pairCount).toBe(1);
  const { version } = table;
  table.observe([], 60_001);
  expect(table.pairCount).toBe(0);
  expect(table.version).toBeGreaterThan(version);
});

test("whatever is read, no more pairs are kept than allowed, and the newest are among them", () => {
  const node = fc.constantFrom("a", "b", "c", "d");
  const any = fc.record({
    ...{ sourceNode: node, destinationNode: node, series: fc.constantFrom("p", "q") },
    connections: fc.integer({ min: 0, max: 5 }),
    leastMs: fc.double({ min: 0, max: 100, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(any, { maxLength: 6 }), { minLength: 1, maxLength: 20 }), (readings) => {
      const table = new DelayTable({ ...options, pairsMax: 3 });
      for (const [atMs, samples] of readings.entries()) {
        const { news, refused } = table.observe(samples, atMs);
        expect(news + refused).toBeLessThanOrEqual(samples.length);
        expect(table.pairCount).toBeLessThanOrEqual(3);
        for (const { roundTripMs } of table.pairs()) expect(roundTripMs > 0 && roundTripMs <= 100).toBe(true);
      }
    }),
  );
});
