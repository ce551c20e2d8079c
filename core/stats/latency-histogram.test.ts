import fc from "fast-check";
import { expect, test } from "vitest";
import { LatencyHistogram } from "./latency-histogram.ts";

function histogramOf(latenciesMs: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const latencyMs of latenciesMs) histogram.record(latencyMs);
  return histogram;
}

test("an empty histogram answers zeros", () => {
  expect(new LatencyHistogram().summary()).toEqual({ count: 0, meanMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 });
});

test("below 64 us every microsecond has its bucket", () => {
  const histogram = histogramOf(Array.from({ length: 64 }, (_, micros) => micros / 1000));
  expect([0.25, 0.5, 1].map((p) => Math.round(histogram.quantileMs(p) * 1000))).toEqual([15, 31, 63]);
});

test("a negative latency counts as zero, an endless one as 35 minutes, and no number not at all", () => {
  const histogram = histogramOf([-5, Number.POSITIVE_INFINITY, Number.NaN]);
  expect(histogram.count).toBe(2);
  expect(histogram.quantileMs(0)).toBe(0);
  expect(histogram.maxMs).toBeCloseTo(35.79 * 60_000, -3);
});

test("every quantile is within 0.8 % of the recorded value of its rank", () => {
  const latencies = fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, p) => {
      const ascending = [...values].sort((a, b) => a - b);
      const exact = ascending[Math.max(1, Math.ceil(p * values.length)) - 1] ?? Number.NaN;
      expect(Math.abs(histogramOf(values).quantileMs(p) - exact)).toBeLessThanOrEqual(exact / 128 + 0.0005);
    }),
  );
});

test("adding two histograms is recording everything in one", () => {
  const latencies = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }));
  fc.assert(
    fc.property(latencies, latencies, (a, b) => {
      const sum = histogramOf(a);
      sum.add(histogramOf(b));
      const together = histogramOf([...a, ...b]);
      expect({ ...sum.summary(), meanMs: 0 }).toEqual({ ...together.summary(), meanMs: 0 });
      expect(sum.meanMs).toBeCloseTo(together.meanMs, 6);
    }),
  );
});

test("reset forgets everything", () => {
  const histogram = histogramOf([1, 2, 3]);
  histogram.reset();
  expect(histogram.summary()).toEqual(new LatencyHistogram().summary());
});
