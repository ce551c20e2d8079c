import fc from "fast-check";
import { expect, test } from "vitest";
import { plannedScores } from "./planned-scores.ts";

test("the planned node gets 10, and the others keep their order far below it", () => {
  expect([...plannedScores([10, 7, 0, 3], 4, 2)]).toEqual([2, 1, 10, 0]);
});

test("without scores only the planned node has one", () => {
  expect([...plannedScores(undefined, 3, 1)]).toEqual([0, 10, 0]);
});

test("no other node comes near the planned one, and a lower score never overtakes a higher one", () => {
  const scores = fc.array(fc.nat(10), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(scores, fc.nat(19), (normal, draw) => {
      const planned = draw % normal.length;
      const pressed = plannedScores(normal, normal.length, planned);
      for (const [i, score] of normal.entries()) {
        if (i === planned) continue;
        expect(pressed[i]).toBeLessThanOrEqual(2);
        for (const [j, other] of normal.entries())
          if (j !== planned && score >= other) expect(pressed[i]).toBeGreaterThanOrEqual(pressed[j] ?? 0);
      }
    }),
  );
});
