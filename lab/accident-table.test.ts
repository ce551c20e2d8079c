import { expect, test } from "vitest";
import { accidentTable } from "./accident-table.ts";

test("a phase is a row: the accident's site, what it sent away, and everybody else", () => {
  const phases = [
    {
      phase: "before",
      there: { count: 75, failed: 0, p50Ms: 43.21, p99Ms: 50 },
      elsewhere: { count: 225, failed: 0, p50Ms: 42, p99Ms: 51 },
      carriedAway: 0,
    },
    {
      phase: "shared",
      there: { count: 450, failed: 7, p50Ms: 48, p99Ms: 460.04 },
      elsewhere: { count: 225, failed: 1, p50Ms: 47, p99Ms: 99 },
      carriedAway: 0.549,
    },
  ];
  expect(accidentTable({ zone: "a", phases })).toBe(
    [
      "phase   p50 at a       p99  failed  carried away  p50 elsewhere      p99  failed",
      "before   43.2 ms   50.0 ms    0/75           0 %        42.0 ms  51.0 ms   0/225",
      "shared   48.0 ms  460.0 ms   7/450          55 %        47.0 ms  99.0 ms   1/225",
    ].join("\n"),
  );
});
