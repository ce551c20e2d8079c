import { expect, test } from "vitest";
import { judgeErrors } from "./judge-errors.ts";

const limits = { attemptsMin: 20, errorRise: 0.02, significance: 0.0001 };
const trials = (failures: number, attempts: number) => ({ failures, attempts });

const cases = [
  { name: "everything fails", now: trials(20, 20), before: trials(0, 500), is: "worse" },
  { name: "a tenth fails where nothing did", now: trials(30, 300), before: trials(0, 3000), is: "worse" },
  { name: "twice as much fails, of much", now: trials(400, 4000), before: trials(200, 4000), is: "worse" },
  { name: "everything fails of too few", now: trials(19, 19), before: trials(0, 500), is: "unknown" },
  { name: "there is next to nothing to compare with", now: trials(30, 30), before: trials(0, 19), is: "unknown" },
  { name: "one of twenty fails where nothing did", now: trials(1, 20), before: trials(0, 20), is: "alike" },
  { name: "three of fifty fail where none of fifty did", now: trials(3, 50), before: trials(0, 50), is: "alike" },
  { name: "a little more fails, of very much", now: trials(2000, 1e6), before: trials(1000, 1e6), is: "alike" },
  { name: "as much fails as before", now: trials(250, 500), before: trials(250, 500), is: "alike" },
  { name: "less fails than before", now: trials(0, 500), before: trials(250, 500), is: "alike" },
] as const;

test.each(cases)("a path is $is when $name", ({ now, before, is }) => {
  expect(judgeErrors(now, before, limits).kind).toBe(is);
});

test("the reason has the figures", () => {
  expect(judgeErrors(trials(30, 300), trials(0, 3000), limits).reason).toBe(
    "30 of 300 attempts failed (10.0 %) on it, 0 of 3000 attempts failed (0.0 %) on the path before it (p < 1e-9)",
  );
  expect(judgeErrors(trials(3, 50), trials(0, 50), limits).reason).toContain("(p = 0.12)");
});
