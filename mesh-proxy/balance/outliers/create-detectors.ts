import type { OutlierDetection } from "../../../core/model/traffic-policy.ts";
import { consecutive5xx, consecutiveGatewayErrors } from "./consecutive-errors.ts";
import { failurePercentage } from "./failure-percentage.ts";
import { latency } from "./latency.ts";
import type { OutlierDetector } from "./outlier-detector.ts";
import { successRate } from "./success-rate.ts";

/** Those that are configured. */
export function createDetectors(config: OutlierDetection): readonly OutlierDetector[] {
  const { consecutive5xxErrors, consecutiveGatewayErrors: gatewayErrors } = config;
  const { successRateStdevFactor, failurePercentageThreshold, latencyFactor } = config;
  return [
    ...(consecutive5xxErrors === undefined ? [] : [consecutive5xx(consecutive5xxErrors)]),
    ...(gatewayErrors === undefined ? [] : [consecutiveGatewayErrors(gatewayErrors)]),
    ...(successRateStdevFactor === undefined ? [] : [successRate(successRateStdevFactor, config)]),
    ...(failurePercentageThreshold === undefined ? [] : [failurePercentage(failurePercentageThreshold, config)]),
    ...(latencyFactor === undefined ? [] : [latency(latencyFactor, config)]),
  ];
}
