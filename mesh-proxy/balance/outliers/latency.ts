import { median } from "../median.ts";
import { type Comparing, comparable, type OutlierDetector, worstAbove } from "./outlier-detector.ts";

/** Means below this are alike: they are made of the proxy's own scheduling. */
const MEAN_MS_MIN = 1;

/** A mean answer time of more than `factor` times the median of the others'. O(n^2 log n) in endpoints that are compared. */
export function latency(factor: number, comparing: Comparing): OutlierDetector {
  return {
    name: "latency",
    outliers(windows) {
      const timed = windows.filter(({ meanMs }) => meanMs !== undefined);
      const compared = comparable(timed, comparing);
      const meanOf = new Map(compared.map(({ key, meanMs = 0 }) => [key, Math.max(meanMs, MEAN_MS_MIN)]));
      return worstAbove(compared, factor, ({ key }) => {
        const others = [...meanOf].filter(([other]) => other !== key).map(([, meanMs]) => meanMs);
        return (meanOf.get(key) ?? 0) / median(others);
      });
    },
  };
}
