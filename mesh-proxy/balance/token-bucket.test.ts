import fc from "fast-check";
import { expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

const limits = { requests: 10, periodMs: 1000, burst: 3 };

test("a burst is taken at once, and then one token at a time as they come", () => {
  const bucket = new TokenBucket(limits, 0);
  expect(Array.from({ length: 4 }, () => bucket.take(0))).toEqual([true, true, true, false]);
  expect(bucket.waitMs(0)).toBe(100);
  expect(bucket.waitMs(60)).toBeCloseTo(40);
  expect(bucket.take(99)).toBe(false);
  expect(bucket.take(101)).toBe(true);
  expect(bucket.take(102)).toBe(false);
});

test("a bucket at rest fills up, and no further", () => {
  const bucket = new TokenBucket(limits, 0);
  for (let turn = 0; turn < 3; turn++) bucket.take(0);
  expect([bucket.remaining(250), bucket.remaining(60_000)]).toEqual([2, 3]);
});

test("a clock that steps back gives nothing away", () => {
  const bucket = new TokenBucket({ ...limits, burst: 1 }, 1000);
  expect(bucket.take(1000)).toBe(true);
  expect(bucket.take(0)).toBe(false);
  expect(bucket.take(99)).toBe(false);
  expect(bucket.take(101)).toBe(true);
});

test("over any span no more is taken than the burst and what came in it", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(steps, (gaps) => {
      const bucket = new TokenBucket(limits, 0);
      let [nowMs, taken] = [0, 0];
      for (const gap of gaps) {
        nowMs += gap;
        if (bucket.take(nowMs)) taken++;
      }
      expect(taken).toBeLessThanOrEqual(limits.burst + (nowMs * limits.requests) / limits.periodMs + 1e-6);
    }),
  );
});
