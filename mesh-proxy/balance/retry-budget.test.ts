import fc from "fast-check";
import { expect, test } from "vitest";
import { RetryBudget } from "./retry-budget.ts";

function taken(budget: RetryBudget, nowMs: number, tries = 1000): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (budget.take(nowMs)) count++;
  return count;
}

test("without requests only the least of a second is allowed, and again in the next one", () => {
  const budget = new RetryBudget({ percent: 20, perSecondMin: 3 });
  expect([taken(budget, 0), taken(budget, 999), taken(budget, 1000)]).toEqual([3, 0, 3]);
});

test("a part of the requests of the last ten seconds is allowed, and no more when they are forgotten", () => {
  const budget = new RetryBudget({ percent: 20, perSecondMin: 0 });
  for (let i = 0; i < 100; i++) budget.requested(5000);
  expect(taken(budget, 5500)).toBe(20);
  expect(taken(budget, 14_000)).toBe(0);
  for (let i = 0; i < 10; i++) budget.requested(14_000);
  expect(taken(budget, 15_500)).toBe(2);
});

test("retries are never more than the part of the requests and the least of each second together", () => {
  const step = fc.record({ afterMs: fc.integer({ min: 0, max: 3000 }), isRetry: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const budget = new RetryBudget({ percent: 50, perSecondMin: 1 });
      let nowMs = 0;
      const requests: number[] = [];
      const retries: number[] = [];
      for (const { afterMs, isRetry } of steps) {
        nowMs += afterMs;
        if (isRetry && budget.take(nowMs)) retries.push(nowMs);
        else if (!isRetry) {
          budget.requested(nowMs);
          requests.push(nowMs);
        }
        const isRecent = (ms: number) => Math.floor(ms / 1000) > Math.floor(nowMs / 1000) - 20;
        const allowed = 0.5 * requests.filter(isRecent).length + 20;
        expect(
          retries.filter((ms) => Math.floor(ms / 1000) > Math.floor(nowMs / 1000) - 10).length,
        ).toBeLessThanOrEqual(allowed);
      }
    }),
  );
});
