import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { objectText } from "../dn/rules.ts";
import { arrivalsBy, compareBody, firstMsinOf, isOver, ueIdentity } from "./rules.ts";

const range = { plmn: { mcc: "001", mnc: "01" }, firstMsin: 998, count: 3, subscriberSeed: "weft" };

test("UEs are numbered from the first and come again after the last", () => {
  const supis = [0, 1, 2, 3].map((n) => ueIdentity(range, n).supi);
  expect(supis).toEqual([
    "imsi-001010000000998",
    "imsi-001010000000999",
    "imsi-001010000001000",
    "imsi-001010000000998",
  ]);
});

test("a UE hides behind its SUCI in the null scheme", () => {
  expect(ueIdentity(range, 0).suci).toBe("suci-0-001-01-0-0-0-0000000998");
});

test("a range that a seed chose lies within the default subscribers", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 1000 }), (seed, count) => {
      const first = firstMsinOf(seed, count);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(first + count).toBeLessThanOrEqual(1_000_000);
    }),
  );
});

describe("arrivals", () => {
  const open = { arrivalsPerSecond: 10, ueCount: undefined, durationMs: undefined };
  const cases = [
    { name: "begin at once", plan: open, elapsedMs: 0, due: 1 },
    { name: "come at the rate", plan: open, elapsedMs: 1000, due: 11 },
    { name: "stop at their number", plan: { ...open, ueCount: 3 }, elapsedMs: 60_000, due: 3 },
    { name: "stop at their time", plan: { ...open, durationMs: 500 }, elapsedMs: 60_000, due: 6 },
  ];
  test.each(cases)("$name", ({ plan, elapsedMs, due }) => {
    expect(arrivalsBy(plan, elapsedMs)).toBe(due);
  });

  test("are over at their number or their time, whichever is first", () => {
    const plan = { arrivalsPerSecond: 10, ueCount: 5, durationMs: 100 };
    expect([isOver(plan, 99, 4), isOver(plan, 99, 5), isOver(plan, 100, 4), isOver(open, 1e9, 1e9)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe("a body", () => {
  const expected = objectText(500);
  const cases = [
    { name: "as it was made is identical", body: expected, is: "identical" },
    { name: "without whitespace is minified", body: JSON.stringify(JSON.parse(expected)), is: "minified" },
    { name: "with another value is different", body: expected.replace("sensor-", "censor-"), is: "different" },
    { name: "cut short is different", body: expected.slice(0, 100), is: "different" },
  ];
  test.each(cases)("$name", ({ body, is }) => {
    expect(compareBody(Buffer.from(body), expected)).toBe(is);
  });
});
