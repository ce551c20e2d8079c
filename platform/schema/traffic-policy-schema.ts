/** The traffic policies of a mesh snapshot. */
import { z } from "zod";
import { healthCheckTypes } from "../../core/model/traffic-policy.ts";

const count = z.int().min(1).max(1_000_000);
const durationMs = z.int().min(1).max(86_400_000);
const percent = z.number().min(0).max(100);
const status = z.int().min(100).max(599);

const rateLimit = z.strictObject({ requests: count, periodMs: durationMs, burst: count });

export const portRateLimitSchema = rateLimit.extend({ port: z.int().min(1).max(65_535), isHttp1: z.boolean() });

export const trafficPolicySchema = z.strictObject({
  circuitBreaker: z
    .strictObject({
      maxConnections: count.optional(),
      maxPendingRequests: count.optional(),
      maxParallelRequests: count.optional(),
      maxConnectionsPerEndpoint: count.optional(),
      maxParallelRequestsPerEndpoint: count.optional(),
    })
    .optional(),
  outlierDetection: z
    .strictObject({
      consecutive5xxErrors: count.optional(),
      consecutiveGatewayErrors: count.optional(),
      successRateStdevFactor: z.number().positive().optional(),
      failurePercentageThreshold: percent.optional(),
      latencyFactor: z.number().min(1).optional(),
      minimumHosts: z.int().min(2).max(10_000),
      requestVolume: count,
      intervalMs: durationMs,
      baseEjectionMs: durationMs,
      maxEjectionMs: durationMs,
      maxEjectionPercent: percent,
      minHealthPercent: percent,
    })
    .optional(),
  slowStart: z
    .strictObject({
      windowMs: durationMs,
      aggression: z.number().positive(),
      minimumPercent: percent.positive(),
    })
    .optional(),
  healthCheck: z
    .strictObject({
      type: z.enum(healthCheckTypes),
      path: z.string().regex(/^\/[!-~]{0,255}$/),
      expectedStatuses: z.tuple([status, status]),
      service: z.string().max(256),
      intervalMs: durationMs,
      timeoutMs: durationMs,
      unhealthyThreshold: count,
      healthyThreshold: count,
    })
    .optional(),
  rateLimit: rateLimit.optional(),
});
