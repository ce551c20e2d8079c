/** What this proxy keeps of one Service whose traffic policy it goes by: what is under way there, and which endpoints are sound, or new. */
import type { Upstream, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { TrafficPolicy } from "../../core/model/traffic-policy.ts";
import { type HealthStatus, nextHealth, unchecked } from "../balance/health-status.ts";
import { Occupancy } from "../balance/occupancy.ts";
import { type Outcome, OutlierBook } from "../balance/outliers/outlier-book.ts";
import { warmth } from "../balance/slow-start.ts";
import { TokenBucket } from "../balance/token-bucket.ts";
import { endpointKey } from "../steer/breakers.ts";

/** Which limit turned something away. */
export type LimitReason = "max_connections" | "max_pending_requests" | "max_parallel_requests" | "rate_limit";

interface Known {
  readonly endpoint: WeightedEndpoint;
  /** Since when it is there anew; -Infinity where it always was. */
  sinceMs: number;
  health: HealthStatus;
}

export class ServiceGuard {
  readonly namespace: string;
  readonly service: string;
  /** Of the application. */
  readonly port: number;
  readonly occupancy = new Occupancy();
  readonly limited = new Map<LimitReason, number>();
  /** Checks by what they said. */
  readonly checks = { passed: 0, failed: 0 };
  policy: TrafficPolicy = {};
  outliers: OutlierBook | undefined;
  bucket: TokenBucket | undefined;

  /** By key, those of the newest snapshot. */
  private known: Map<string, Known> | undefined;

  constructor({ namespace, service, port, endpoints }: Pick<Upstream, "namespace" | "service" | "port" | "endpoints">) {
    this.namespace = namespace;
    this.service = service;
    this.port = endpoints[0]?.appPort ?? port;
  }

  /** Goes by another policy, or for other endpoints; what is known of those that stay is kept. */
  update({ traffic = {}, endpoints }: Pick<Upstream, "traffic" | "endpoints">, nowMs: number): void {
    const { circuitBreaker = {}, outlierDetection, healthCheck, rateLimit } = traffic;
    const before = this.known;
    const sinceMs = before === undefined ? -Infinity : nowMs;
    const wasChecked = this.policy.healthCheck !== undefined;
    this.policy = traffic;
    this.known = new Map(
      endpoints.map((endpoint) => {
        const key = endpointKey(endpoint);
        const old = before?.get(key);
        const health = healthCheck !== undefined && wasChecked ? (old?.health ?? unchecked) : unchecked;
        return [key, { endpoint, sinceMs: old?.sinceMs ?? sinceMs, health }];
      }),
    );
    this.occupancy.limits = circuitBreaker;
    this.outliers = outlierDetection && (this.outliers ?? new OutlierBook(outlierDetection));
    if (outlierDetection !== undefined) this.outliers?.update(outlierDetection, this.known.keys());
    this.bucket = rateLimit && (this.bucket ?? new TokenBucket(rateLimit, nowMs));
    if (this.bucket !== undefined && rateLimit !== undefined) this.bucket.limits = rateLimit;
  }

  get endpoints(): readonly WeightedEndpoint[] {
    return Array.from(this.known?.values() ?? [], ({ endpoint }) => endpoint);
  }

  has(key: string): boolean {
    return this.known?.has(key) === true;
  }

  /** Counts what a limit turned away. */
  limit(reason: LimitReason): LimitReason {
    this.limited.set(reason, (this.limited.get(reason) ?? 0) + 1);
    return reason;
  }

  /** Whether others had better take what comes. */
  isOut(key: string, nowMs: number): boolean {
    return this.outliers?.isEjected(key, nowMs) === true || this.known?.get(key)?.health.isHealthy === false;
  }

  /** Whether an endpoint is out while others are not. O(endpoints) while it is. */
  isWorthLeaving(key: string, nowMs: number): boolean {
    if (!this.isOut(key, nowMs)) return false;
    const isSound = (endpoint: WeightedEndpoint) => !this.isOut(endpointKey(endpoint), nowMs);
    return this.endpoints.some(isSound) && !this.isPanicking(isSound);
  }

  /** So few are sound that those that are left would be swamped. O(endpoints), where a share is asked for. */
  isPanicking(isSound: (endpoint: WeightedEndpoint) => boolean): boolean {
    const minPercent = this.policy.outlierDetection?.minHealthPercent ?? 0;
    if (minPercent === 0 || this.known === undefined) return false;
    let soundCount = 0;
    for (const { endpoint } of this.known.values()) if (isSound(endpoint)) soundCount++;
    return soundCount * 100 < minPercent * this.known.size;
  }

  observe(endpoint: WeightedEndpoint, outcome: Outcome, nowMs: number): void {
    this.outliers?.observe(endpointKey(endpoint), outcome, nowMs);
  }

  /** Its breaker admits everything again. */
  readmitted(endpoint: WeightedEndpoint, nowMs: number): void {
    const entry = this.known?.get(endpointKey(endpoint));
    if (entry !== undefined) entry.sinceMs = nowMs;
  }

  /** @returns whether the endpoint has become unsound, or sound again */
  checked(endpoint: WeightedEndpoint, passed: boolean, nowMs: number): "changed" | "same" {
    const entry = this.known?.get(endpointKey(endpoint));
    const { healthCheck } = this.policy;
    if (passed) this.checks.passed++;
    else this.checks.failed++;
    if (entry === undefined || healthCheck === undefined) return "same";
    const was = entry.health.isHealthy;
    entry.health = nextHealth(entry.health, passed, healthCheck);
    if (entry.health.isHealthy === was) return "same";
    if (entry.health.isHealthy) entry.sinceMs = nowMs;
    return "changed";
  }

  /** Which part of its weight an endpoint has now, in (0, 1]. */
  partOf(endpoint: WeightedEndpoint, nowMs: number): number {
    const { slowStart } = this.policy;
    if (slowStart === undefined) return 1;
    const key = endpointKey(endpoint);
    const sinceMs = this.known?.get(key)?.sinceMs ?? -Infinity;
    const ejectedUntilMs = this.outliers?.ejectedUntilMs(key) ?? 0;
    return warmth(nowMs - Math.max(sinceMs, ejectedUntilMs), slowStart);
  }

  unhealthyCount(): number {
    let count = 0;
    for (const { health } of this.known?.values() ?? []) if (!health.isHealthy) count++;
    return count;
  }
}
