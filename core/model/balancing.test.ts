import { expect, test } from "vitest";
import { balancingAnnotation, balancingOf } from "./balancing.ts";

test("a Service says how it is balanced, or does not", () => {
  expect(balancingOf({ [balancingAnnotation]: "peak-ewma" })).toEqual({ kind: "parsed", value: "peak-ewma" });
  expect(balancingOf({})).toBeUndefined();
});

test("a policy that there is not is refused by name", () => {
  expect(balancingOf({ [balancingAnnotation]: "Least-Request" })).toEqual({
    kind: "rejected",
    field: 'metadata.annotations["weft.dev/balancing"]',
    reason: expect.stringMatching(/^"Least-Request" is none of weighted, round-robin, /),
  });
});
