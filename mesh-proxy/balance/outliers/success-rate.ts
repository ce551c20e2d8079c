import { type AnswerWindow, type Comparing, comparable, type OutlierDetector, worstAbove } from "./outlier-detector.ts";

/** Rates that differ by less than this are alike, however alike all others are. */
const DIFFERENCE_MIN = 1e-9;

/** A success rate below mean - factor * standard deviation of all endpoints', as Envoy has it (outlier detection, success rate). */
export function successRate(stdevFactor: number, comparing: Comparing): OutlierDetector {
  return {
    name: "success-rate",
    outliers(windows) {
      const compared = comparable(windows, comparing);
      if (compared.length === 0) return [];
      const rates = compared.map(rateOf);
      const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
      const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
      const failuresMax = 1 - (mean - stdevFactor * Math.sqrt(variance));
      return worstAbove(compared, failuresMax + DIFFERENCE_MIN, (window) => 1 - rateOf(window));
    },
  };
}

function rateOf({ answerCount, failureCount }: AnswerWindow): number {
  return 1 - failureCount / answerCount;
}
