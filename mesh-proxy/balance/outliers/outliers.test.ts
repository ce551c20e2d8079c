/** What every detector owes, and what each adds. */
import { describe, expect, test } from "vitest";
import { consecutive5xx, consecutiveGatewayErrors } from "./consecutive-errors.ts";
import { failurePercentage } from "./failure-percentage.ts";
import { latency } from "./latency.ts";
import type { AnswerWindow, OutlierDetector } from "./outlier-detector.ts";
import { successRate } from "./success-rate.ts";

const comparing = { minimumHosts: 3, requestVolume: 10 };

function windowOf(key: string, changes: Partial<AnswerWindow> = {}): AnswerWindow {
  return { key, answerCount: 100, failureCount: 1, failuresInRow: 1, gatewayErrorsInRow: 1, meanMs: 10, ...changes };
}

const sound = ["a", "b", "c", "d"].map((key) => windowOf(key));
const bad = windowOf("z", { failureCount: 50, failuresInRow: 7, gatewayErrorsInRow: 6, meanMs: 80 });
const worse = windowOf("y", { failureCount: 90, failuresInRow: 9, gatewayErrorsInRow: 9, meanMs: 900 });

const detectors: readonly OutlierDetector[] = [
  consecutive5xx(5),
  consecutiveGatewayErrors(5),
  successRate(1.1, comparing),
  failurePercentage(40, comparing),
  latency(3, comparing),
];

describe.each(detectors)("$name", (detector) => {
  test("names nobody where there is nobody, and nobody among equals", () => {
    expect(detector.outliers([])).toEqual([]);
    expect(detector.outliers(sound)).toEqual([]);
  });

  test("names the one that does worse", () => {
    expect(detector.outliers([...sound, bad])).toEqual(["z"]);
  });

  test("names the worst first, in whatever order they come, and the same again", () => {
    const many = [..."efghijklmnop"].map((key) => windowOf(key));
    const windows = [bad, ...sound, ...many, worse];
    expect(detector.outliers(windows)).toEqual(["y", "z"]);
    expect(detector.outliers(windows.toReversed())).toEqual(["y", "z"]);
  });
});

describe.each(detectors.slice(2))("$name", (detector) => {
  test("says nothing with fewer endpoints than it needs to compare", () => {
    expect(detector.outliers([windowOf("a"), bad])).toEqual([]);
  });

  test("says nothing of an endpoint of which little was heard, and does not count it with the others", () => {
    expect(detector.outliers([...sound, { ...bad, answerCount: 9, failureCount: 9 }])).toEqual([]);
    expect(detector.outliers([windowOf("a"), windowOf("b", { answerCount: 9 }), bad])).toEqual([]);
  });
});

test("consecutive errors are out at the number, and need no others", () => {
  expect(consecutive5xx(5).outliers([windowOf("a", { failuresInRow: 4 })])).toEqual([]);
  expect(consecutive5xx(5).outliers([windowOf("a", { failuresInRow: 5 })])).toEqual(["a"]);
});

test("a success rate is judged by the deviations of its peers, as Envoy's formula has it", () => {
  // Success rates 1, 1, 1, 1 and 0.5: mean 0.9, standard deviation 0.2, so 0.9 - 1.9 * 0.2 = 0.52.
  const windows = [..."abcd"].map((key) => windowOf(key, { failureCount: 0 }));
  const half = windowOf("z", { failureCount: 50 });
  expect(successRate(1.9, comparing).outliers([...windows, half])).toEqual(["z"]);
  expect(successRate(2.1, comparing).outliers([...windows, half])).toEqual([]);
});

test("endpoints that all answer within a millisecond are alike", () => {
  const windows = [..."abcd"].map((key) => windowOf(key, { meanMs: 0.1 }));
  expect(latency(3, comparing).outliers([...windows, windowOf("z", { meanMs: 0.9 })])).toEqual([]);
});
