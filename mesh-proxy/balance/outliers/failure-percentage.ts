import { type Comparing, comparable, type OutlierDetector, worstAbove } from "./outlier-detector.ts";

/** So many of a hundred answers are failures. @param threshold in (0, 100]; at or above it an endpoint is out */
export function failurePercentage(threshold: number, comparing: Comparing): OutlierDetector {
  return {
    name: "failure-percentage",
    outliers: (windows) =>
      worstAbove(comparable(windows, comparing), 0, ({ answerCount, failureCount }) => {
        const percent = (100 * failureCount) / answerCount;
        return percent >= threshold ? percent : 0;
      }),
  };
}
