import { expect, test } from "vitest";
import { nextCheckMs, nextHealth, unchecked } from "./health-status.ts";

const thresholds = { unhealthyThreshold: 3, healthyThreshold: 2 };

function follow(checks: string): string {
  let status = unchecked;
  return [...checks]
    .map((check) => {
      status = nextHealth(status, check === "+", thresholds);
      return status.isHealthy ? "s" : "u";
    })
    .join("");
}

test.each([
  { name: "three in a row make it unsound, two make it sound", checks: "---++", states: "ssuus" },
  { name: "a good one between bad ones begins the count anew", checks: "--+--+---", states: "ssssssssu" },
  { name: "a bad one between good ones does so, too", checks: "---+-+-++", states: "ssuuuuuus" },
])("$name", ({ checks, states }) => {
  expect(follow(checks)).toBe(states);
});

test("the next check comes after the interval, a tenth of it either way", () => {
  expect([0, 0.5, 1].map((uniform) => nextCheckMs(1000, uniform))).toEqual([900, 1000, 1100]);
});
