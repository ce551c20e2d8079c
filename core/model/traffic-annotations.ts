/** Reads a Service's traffic policy from its annotations. */
import {
  count,
  decimal,
  duration,
  type FieldsOf,
  matching,
  oneOf,
  readFields,
  rejectedAnnotation,
} from "./annotation-fields.ts";
import type { Parsed, Rejected } from "./parsed.ts";
import {
  type CircuitBreaker,
  type HealthCheck,
  healthCheckTypes,
  type OutlierDetection,
  type RateLimit,
  type SlowStart,
  type TrafficPolicy,
} from "./traffic-policy.ts";

export const circuitBreakerAnnotation = "weft.dev/circuit-breaker";
export const outlierDetectionAnnotation = "weft.dev/outlier-detection";
export const slowStartAnnotation = "weft.dev/slow-start";
export const healthCheckAnnotation = "weft.dev/health-check";
/** Of each client's proxy. */
export const rateLimitAnnotation = "weft.dev/rate-limit";
/** Of the proxy of each pod that the Service selects, on the Service's ports. */
export const serverRateLimitAnnotation = "weft.dev/server-rate-limit";

const COUNT_MAX = 1_000_000;
const DURATION_MS_MAX = 86_400_000;

/** What a Service says; what of it makes no sense is left out of `policy`, and in `rejections`. */
export interface DeclaredTraffic {
  readonly policy: TrafficPolicy;
  readonly serverRateLimit?: RateLimit | undefined;
  readonly rejections: readonly Rejected[];
}

/** Undefined where the Service says nothing. */
export function trafficPolicyOf(annotations: Readonly<Record<string, string>>): DeclaredTraffic | undefined {
  const rejections: Rejected[] = [];
  const read = <T>(annotation: string, parse: (annotation: string, text: string) => Parsed<T>): T | undefined => {
    const text = annotations[annotation];
    if (text === undefined) return undefined;
    const parsed = parse(annotation, text);
    if (parsed.kind === "parsed") return parsed.value;
    rejections.push(parsed);
    return undefined;
  };
  const policy = withoutAbsent({
    circuitBreaker: read(circuitBreakerAnnotation, parseCircuitBreaker),
    outlierDetection: read(outlierDetectionAnnotation, parseOutlierDetection),
    slowStart: read(slowStartAnnotation, parseSlowStart),
    healthCheck: read(healthCheckAnnotation, parseHealthCheck),
    rateLimit: read(rateLimitAnnotation, parseRateLimit),
  });
  const serverRateLimit = read(serverRateLimitAnnotation, parseRateLimit);
  if (Object.keys(policy).length === 0 && serverRateLimit === undefined && rejections.length === 0) return undefined;
  return { policy, ...(serverRateLimit && { serverRateLimit }), rejections };
}

const circuitBreakerFields = {
  maxConnections: count(1, COUNT_MAX),
  maxPendingRequests: count(1, COUNT_MAX),
  maxParallelRequests: count(1, COUNT_MAX),
  maxConnectionsPerEndpoint: count(1, COUNT_MAX),
  maxParallelRequestsPerEndpoint: count(1, COUNT_MAX),
};

function parseCircuitBreaker(annotation: string, text: string): Parsed<CircuitBreaker> {
  const parsed = readFields(annotation, text, circuitBreakerFields);
  if (parsed.kind === "parsed" && Object.keys(parsed.value).length === 0)
    return rejectedAnnotation(annotation, `needs one of ${Object.keys(circuitBreakerFields).join(", ")}`);
  return parsed;
}

const detectorFields = {
  consecutive5xxErrors: count(1, 1000),
  consecutiveGatewayErrors: count(1, 1000),
  successRateStdevFactor: decimal(0.1, 10),
  failurePercentageThreshold: decimal(1, 100),
  latencyFactor: decimal(1.1, 1000),
};

const outlierFields = {
  ...detectorFields,
  minimumHosts: count(2, 10_000),
  requestVolume: count(1, COUNT_MAX),
  interval: duration(100, DURATION_MS_MAX),
  baseEjectionTime: duration(100, DURATION_MS_MAX),
  maxEjectionTime: duration(100, DURATION_MS_MAX),
  maxEjectionPercent: decimal(0, 100),
  minHealthPercent: decimal(0, 100),
};

function parseOutlierDetection(annotation: string, text: string): Parsed<OutlierDetection> {
  const parsed = readFields(annotation, text, outlierFields);
  if (parsed.kind === "rejected") return parsed;
  const { interval, baseEjectionTime, maxEjectionTime, ...rest } = parsed.value;
  if (!Object.keys(detectorFields).some((name) => Object.hasOwn(rest, name)))
    return rejectedAnnotation(annotation, `needs one of ${Object.keys(detectorFields).join(", ")}`);
  const baseEjectionMs = baseEjectionTime ?? 30_000;
  return {
    kind: "parsed",
    value: {
      ...{ minimumHosts: 5, requestVolume: 100, maxEjectionPercent: 10, minHealthPercent: 0, ...rest },
      intervalMs: interval ?? 10_000,
      baseEjectionMs,
      maxEjectionMs: Math.max(maxEjectionTime ?? 300_000, baseEjectionMs),
    },
  };
}

function parseSlowStart(annotation: string, text: string): Parsed<SlowStart> {
  const parsed = readFields(annotation, text, {
    window: duration(100, DURATION_MS_MAX),
    aggression: decimal(0.1, 10),
    minimumPercent: decimal(1, 100),
  });
  if (parsed.kind === "rejected") return parsed;
  const { window, ...rest } = parsed.value;
  if (window === undefined) return rejectedAnnotation(annotation, "needs a window, such as window=30s");
  return { kind: "parsed", value: { windowMs: window, aggression: 1, minimumPercent: 10, ...rest } };
}

const healthCheckFields = {
  type: oneOf(...healthCheckTypes),
  path: matching(/^\/[!-~]*$/, "path that begins with /"),
  expectedStatuses: statuses,
  service: matching(/^[\w.]+$/, "name of a gRPC service"),
  interval: duration(100, DURATION_MS_MAX),
  timeout: duration(10, 60_000),
  unhealthyThreshold: count(1, 100),
  healthyThreshold: count(1, 100),
};

function parseHealthCheck(annotation: string, text: string): Parsed<HealthCheck> {
  const parsed = readFields(annotation, text, healthCheckFields);
  if (parsed.kind === "rejected") return parsed;
  const stray = strayField(parsed.value);
  if (stray !== undefined) return rejectedAnnotation(annotation, stray);
  const { type = "HTTP", interval, timeout, ...rest } = parsed.value;
  return {
    kind: "parsed",
    value: {
      ...{ type, path: "/", expectedStatuses: [200, 200], service: "", unhealthyThreshold: 3, healthyThreshold: 1 },
      ...rest,
      intervalMs: interval ?? 3000,
      timeoutMs: timeout ?? 1000,
    },
  };
}

function strayField({ type = "HTTP", ...fields }: FieldsOf<typeof healthCheckFields>): string | undefined {
  const owners = { path: "HTTP", expectedStatuses: "HTTP", service: "GRPC" } as const;
  for (const [field, owner] of Object.entries(owners))
    if (Object.hasOwn(fields, field) && type !== owner) return `has a ${field}, which is of the type ${owner} only`;
  return undefined;
}

/** `200` or `200-299`. */
function statuses(text: string): { readonly value: readonly [number, number] } | { readonly reason: string } {
  const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  return first <= last ? { value: [first, last] } : { reason: "no status such as 200, and no range such as 200-299" };
}

const periodsMs = { Second: 1000, Minute: 60_000, Hour: 3_600_000 } as const;

function parseRateLimit(annotation: string, text: string): Parsed<RateLimit> {
  const parsed = readFields(annotation, text, {
    requests: count(1, COUNT_MAX),
    unit: oneOf("Second", "Minute", "Hour"),
    burst: count(1, COUNT_MAX),
  });
  if (parsed.kind === "rejected") return parsed;
  const { requests, unit = "Second", burst = requests } = parsed.value;
  if (requests === undefined || burst === undefined)
    return rejectedAnnotation(annotation, "needs requests, such as requests=100");
  return { kind: "parsed", value: { requests, periodMs: periodsMs[unit], burst } };
}

function withoutAbsent(policy: TrafficPolicy): TrafficPolicy {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}
