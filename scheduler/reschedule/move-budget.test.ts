import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PlacementPlan, untouchedStatus } from "../../core/model/placement-plan.ts";
import { anyMoves, moveProposal } from "../../test/builders/placement-plan.ts";
import { budgetPeriodMs, coolingUntilMs, nextMoveAtMs, pastEvictions } from "./move-budget.ts";

const hour = budgetPeriodMs;
const at = (...atMs: number[]) => atMs.map((ms) => ({ workload: "core/amf", atMs: ms }));

const cases = [
  { name: "nothing was evicted", past: at(), max: 2, nowMs: 0, nextMs: undefined },
  { name: "less than allowed was", past: at(5), max: 2, nowMs: 10, nextMs: undefined },
  { name: "all that is allowed was", past: at(7, 5), max: 2, nowMs: 10, nextMs: 5 + hour },
  { name: "more than allowed was, as under another configuration", past: at(5, 6, 7), max: 1, nowMs: 10, nextMs: 7 + hour },
  { name: "what was is an hour ago", past: at(5, 7), max: 2, nowMs: 5 + hour, nextMs: undefined },
  { name: "the clock has stepped back by a day", past: at(24 * hour, 25 * hour), max: 2, nowMs: 0, nextMs: 25 * hour },
]; // biome-ignore format: a line a case

describe("when the next pod may be evicted, if", () => {
  test.each(cases)("$name", ({ past, max, nowMs, nextMs }) => {
    expect(nextMoveAtMs(past, max, nowMs)).toBe(nextMs);
  });
});

test("a clock that jumps as it likes never lets more than allowed happen within an hour of it, as it reads", () => {
  const jumps = fc.array(fc.integer({ min: -2 * hour, max: hour }), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(jumps, fc.integer({ min: 1, max: 4 }), (stepsMs, max) => {
      const past: { workload: string; atMs: number }[] = [];
      let nowMs = 0;
      for (const stepMs of stepsMs) {
        nowMs += stepMs;
        const [nextMs] = [nextMoveAtMs(past, max, nowMs)];
        if (nextMs !== undefined) expect(nextMs).toBeGreaterThan(nowMs);
        else past.push(...at(nowMs));
        for (const { atMs } of past) {
          const within = past.filter((other) => other.atMs >= atMs && other.atMs < atMs + hour);
          expect(within.length).toBeLessThanOrEqual(max);
        }
      }
    }),
  );
});

test("a workload is left alone for a while after one of its pods was evicted, others are not", () => {
  expect(coolingUntilMs(at(5, 9), "core/amf", 100, 50)).toBe(109);
  expect(coolingUntilMs(at(5, 9), "core/amf", 100, 109)).toBeUndefined();
  expect(coolingUntilMs(at(5, 9), "core/smf", 100, 50)).toBeUndefined();
});

test("past evictions are those that plans have made or begun", () => {
  const proposal = moveProposal(Array.from({ length: anyMoves.length }, (_, index) => `core/w${index}:a>b`));
  const head = { namespace: "weft-system", name: "p", uid: "u", generation: 1, version: "1", createdAtMs: 0 };
  const plan: PlacementPlan = { ...head, isApproved: true, proposal, status: { ...untouchedStatus, moves: anyMoves } };
  const workloads = pastEvictions([plan]).map(({ workload }) => workload);
  expect(workloads).toEqual(["core/w1", "core/w2", "core/w3", "core/w4", "core/w5", "core/w6"]);
  expect(pastEvictions([plan, plan])).toHaveLength(12);
});
