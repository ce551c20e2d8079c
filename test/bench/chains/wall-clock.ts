/** Milliseconds since 1970 with fractions; all programs of the benchmark run on one machine, so that they agree. */
import { performance } from "node:perf_hooks";

export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
