import { expect, test } from "vitest";
import { withCondition } from "./condition.ts";

const accepted = { type: "Accepted", status: "True", reason: "Fits", message: "ok", observedGeneration: 1 } as const;

test("the transition time moves only when the status does", () => {
  const first = withCondition([], accepted, 0);
  const same = withCondition(first, { ...accepted, observedGeneration: 2 }, 60_000);
  const changed = withCondition(same, { ...accepted, status: "False" }, 120_000);
  expect([first, same, changed].map(([condition]) => condition?.lastTransitionTime)).toEqual([
    "1970-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "1970-01-01T00:02:00Z",
  ]);
  expect(same[0]?.observedGeneration).toBe(2);
});
