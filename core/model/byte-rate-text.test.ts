import { expect, test } from "vitest";
import { byteRateText } from "./byte-rate-text.ts";

const cases = [
  [0, "0 B/s"],
  [0.04, "0 B/s"],
  [1.25, "1.3 B/s"],
  [850, "850 B/s"],
  [999.4, "999 B/s"],
  [999.5, "1 kB/s"],
  [1_234_567, "1.2 MB/s"],
  [9_960_000, "10 MB/s"],
  [-2_400_000, "-2.4 MB/s"],
  [3e16, "30000 TB/s"],
] as const;

test.each(cases)("%d bytes per second are %s", (bytesPerSecond, text) => {
  expect(byteRateText(bytesPerSecond)).toBe(text);
});
