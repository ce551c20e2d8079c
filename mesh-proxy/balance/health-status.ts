/** What active checks say of an endpoint: sound until so many fail in a row, unsound until so many go well. */
import type { HealthCheck } from "../../core/model/traffic-policy.ts";

type Thresholds = Pick<HealthCheck, "unhealthyThreshold" | "healthyThreshold">;

export interface HealthStatus {
  readonly isHealthy: boolean;
  /** Checks in a row that say otherwise. */
  readonly againstCount: number;
}

/** Kubernetes has found an endpoint ready before anybody dials it. */
export const unchecked: HealthStatus = { isHealthy: true, againstCount: 0 };

export function nextHealth(
  { isHealthy, againstCount }: HealthStatus,
  passed: boolean,
  { unhealthyThreshold, healthyThreshold }: Thresholds,
): HealthStatus {
  if (passed === isHealthy) return { isHealthy, againstCount: 0 };
  const isEnough = againstCount + 1 >= (isHealthy ? unhealthyThreshold : healthyThreshold);
  return isEnough ? { isHealthy: passed, againstCount: 0 } : { isHealthy, againstCount: againstCount + 1 };
}

/** Spreads checks of many proxies: a tenth of the interval either way. @param uniform in [0, 1) */
export function nextCheckMs(intervalMs: number, uniform: number): number {
  return intervalMs * (0.9 + 0.2 * uniform);
}
