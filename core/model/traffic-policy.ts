/** How clients of a Service are held back, and which of its endpoints they pass over: what its annotations beside `weft.dev/balancing` say. */

/** Each client's proxy goes by it alone. */
export interface TrafficPolicy {
  readonly circuitBreaker?: CircuitBreaker | undefined;
  readonly outlierDetection?: OutlierDetection | undefined;
  readonly slowStart?: SlowStart | undefined;
  readonly healthCheck?: HealthCheck | undefined;
  readonly rateLimit?: RateLimit | undefined;
}

/** Names of BackendTrafficPolicy (Envoy Gateway); absent is no limit. */
export interface CircuitBreaker {
  readonly maxConnections?: number | undefined;
  /** HTTP requests that wait for a connection. */
  readonly maxPendingRequests?: number | undefined;
  readonly maxParallelRequests?: number | undefined;
  readonly maxConnectionsPerEndpoint?: number | undefined;
  readonly maxParallelRequestsPerEndpoint?: number | undefined;
}

/** Names of DestinationRule (Istio), and of Envoy's `outlier_detection` where that has none. A detector that is absent is off. */
export interface OutlierDetection {
  readonly consecutive5xxErrors?: number | undefined;
  /** 502, 503, 504, and whatever never became an answer. */
  readonly consecutiveGatewayErrors?: number | undefined;
  /** Standard deviations below its peers' mean that an endpoint's success rate may lie. */
  readonly successRateStdevFactor?: number | undefined;
  /** Of its answers, in (0, 100]. */
  readonly failurePercentageThreshold?: number | undefined;
  /** How many times the median of the others' mean answer time an endpoint may take. */
  readonly latencyFactor?: number | undefined;
  /** Fewer endpoints with {@link requestVolume} answers are not compared. */
  readonly minimumHosts: number;
  readonly requestVolume: number;
  readonly intervalMs: number;
  /** Times how often it was ejected of late. */
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** In [0, 100]. One may always be ejected, all never. */
  readonly maxEjectionPercent: number;
  /** With fewer sound endpoints than this, in percent, health is no reason to pass any over. */
  readonly minHealthPercent: number;
}

/** As Envoy's `slow_start_config`. */
export interface SlowStart {
  readonly windowMs: number;
  /** 1 is linear; more is faster at first. */
  readonly aggression: number;
  /** Of its weight, in (0, 100], that an endpoint begins with. */
  readonly minimumPercent: number;
}

export const healthCheckTypes = ["HTTP", "TCP", "GRPC"] as const;
export type HealthCheckType = (typeof healthCheckTypes)[number];

/** Names of BackendTrafficPolicy (Envoy Gateway), `healthCheck.active`. */
export interface HealthCheck {
  readonly type: HealthCheckType;
  /** Of HTTP. */
  readonly path: string;
  /** Of HTTP: the first and the last status that is sound. */
  readonly expectedStatuses: readonly [number, number];
  /** Of GRPC: the service asked for; empty is the server as a whole. */
  readonly service: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** In a row. */
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
}

/** A token bucket: requests of HTTP, connections of TCP. */
export interface RateLimit {
  /** In {@link periodMs}. */
  readonly requests: number;
  readonly periodMs: number;
  /** At once. */
  readonly burst: number;
}
