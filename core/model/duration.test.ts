import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each([
  ["1h30m", 5_400_000],
  ["250ms", 250],
  ["1m1s1ms", 61_001],
  ["0s", 0],
  ["99999h99999h99999h99999h", 4 * 99_999 * 3_600_000],
])("%s is a duration", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "1", "s", "1.5s", "-1s", "1s ", "123456s", "1d", "1s1s1s1s1s"])("%j is none", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
