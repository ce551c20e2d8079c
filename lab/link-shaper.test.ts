import { expect, test } from "vitest";
import { arrivalMs, linkEnd } from "./link-shaper.ts";

test("bytes take their time on the slowest end, and the latency once", () => {
  const [up, down] = [linkEnd(1000), linkEnd(2000)];
  expect(arrivalMs([up, down], 5, 100, 0)).toBe(100 + 50 + 5);
});

test("what enters later waits for what entered before, then the link is free again", () => {
  const up = linkEnd(1000);
  expect([arrivalMs([up], 0, 100, 0), arrivalMs([up], 0, 100, 10), arrivalMs([up], 0, 100, 1000)]).toEqual([
    100, 200, 1100,
  ]);
  expect(up.bytes).toBe(300);
});

test("two flows share the end that they have in common", () => {
  const shared = linkEnd(1000);
  arrivalMs([shared, linkEnd(Number.POSITIVE_INFINITY)], 0, 100, 0);
  expect(arrivalMs([shared, linkEnd(Number.POSITIVE_INFINITY)], 0, 100, 0)).toBe(200);
});
