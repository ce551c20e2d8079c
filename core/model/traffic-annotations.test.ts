import { expect, test } from "vitest";
import {
  circuitBreakerAnnotation,
  healthCheckAnnotation,
  outlierDetectionAnnotation,
  rateLimitAnnotation,
  serverRateLimitAnnotation,
  slowStartAnnotation,
  trafficPolicyOf,
} from "./traffic-annotations.ts";

test("a Service that says nothing has no policy", () => {
  expect(trafficPolicyOf({ "weft.dev/balancing": "random" })).toBeUndefined();
});

test("each annotation is read, and what it leaves out has the default of those who name it so", () => {
  const declared = trafficPolicyOf({
    [circuitBreakerAnnotation]: "maxConnections=100, maxParallelRequestsPerEndpoint=8",
    [outlierDetectionAnnotation]: "successRateStdevFactor=1.9, interval=1m30s,baseEjectionTime=500ms",
    [slowStartAnnotation]: "window=30s",
    [healthCheckAnnotation]: "path=/healthz, expectedStatuses=200-204",
    [rateLimitAnnotation]: "requests=10, unit=Minute",
    [serverRateLimitAnnotation]: "requests=10, burst=20",
  });
  expect(declared).toEqual({
    rejections: [],
    policy: {
      circuitBreaker: { maxConnections: 100, maxParallelRequestsPerEndpoint: 8 },
      outlierDetection: {
        successRateStdevFactor: 1.9,
        ...{ minimumHosts: 5, requestVolume: 100, maxEjectionPercent: 10, minHealthPercent: 0 },
        ...{ intervalMs: 90_000, baseEjectionMs: 500, maxEjectionMs: 300_000 },
      },
      slowStart: { windowMs: 30_000, aggression: 1, minimumPercent: 10 },
      healthCheck: {
        ...{ type: "HTTP", path: "/healthz", expectedStatuses: [200, 204], service: "" },
        ...{ intervalMs: 3000, timeoutMs: 1000, unhealthyThreshold: 3, healthyThreshold: 1 },
      },
      rateLimit: { requests: 10, periodMs: 60_000, burst: 10 },
    },
    serverRateLimit: { requests: 10, periodMs: 1000, burst: 20 },
  });
});

test.each([
  [circuitBreakerAnnotation, "", "needs one of maxConnections"],
  [circuitBreakerAnnotation, "maxConnection=3", '"maxConnection" is none of maxConnections'],
  [circuitBreakerAnnotation, "maxConnections=0", 'has the maxConnections "0", which is no whole number within 1'],
  [circuitBreakerAnnotation, "maxConnections=1, maxConnections=2", "says maxConnections twice"],
  [circuitBreakerAnnotation, "constructor=1", '"constructor" is none of'],
  [outlierDetectionAnnotation, "interval=10s", "needs one of consecutive5xxErrors"],
  [outlierDetectionAnnotation, "latencyFactor=3, interval=10", 'has the interval "10", which is no duration'],
  [slowStartAnnotation, "aggression=2", "needs a window"],
  [healthCheckAnnotation, "type=UDP", "which is none of HTTP, TCP, GRPC"],
  [healthCheckAnnotation, "type=TCP, path=/x", "has a path, which is of the type HTTP only"],
  [healthCheckAnnotation, "path=x", "which is no path that begins with /"],
  [healthCheckAnnotation, "expectedStatuses=299-200", "which is no status such as 200"],
  [rateLimitAnnotation, "burst=3", "needs requests"],
  [serverRateLimitAnnotation, "requests=1, unit=second", "which is none of Second, Minute, Hour"],
  [rateLimitAnnotation, "x".repeat(2000), "is longer than 1024 characters"],
])("%s: %s is rejected with the field and the reason, and the others stand", (annotation, text, reason) => {
  const declared = trafficPolicyOf({
    [annotation]: text,
    ...(annotation === slowStartAnnotation ? {} : { [slowStartAnnotation]: "window=1s" }),
  });
  expect(declared?.rejections).toEqual([
    {
      kind: "rejected",
      field: `metadata.annotations["${annotation}"]`,
      reason: expect.stringContaining(reason),
    },
  ]);
  expect(Object.keys(declared?.policy ?? {})).toEqual(annotation === slowStartAnnotation ? [] : ["slowStart"]);
});
