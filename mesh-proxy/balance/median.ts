import { quantile } from "../../core/stats/quantile.ts";

/** 0 of nothing. O(n log n). */
export function median(values: readonly number[]): number {
  return (
    quantile(
      values.toSorted((a, b) => a - b),
      0.5,
    ) ?? 0
  );
}
