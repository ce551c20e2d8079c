/** The guards of all Services of the newest snapshot that have a traffic policy. */
import type { Upstream, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { isDatagramProtocol } from "../../core/model/service.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { BreakerEvents } from "../steer/breakers.ts";
import { ServiceGuard } from "./service-guard.ts";

interface Kept {
  readonly guard: ServiceGuard;
  intervalMs: number;
  cancelLooks: () => void;
}

type Guarded = Pick<Upstream, "namespace" | "service" | "port" | "endpoints" | "traffic">;

export class ServiceGuards implements BreakerEvents {
  private readonly clock: Clock;
  private readonly kept = new Map<string, Kept>();
  /** By the upstream of a snapshot, so that hot paths make no text. */
  private readonly byUpstream = new WeakMap<Guarded, ServiceGuard>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get all(): readonly ServiceGuard[] {
    return Array.from(this.kept.values(), ({ guard }) => guard);
  }

  /** Undefined where the Service has no policy. */
  of(upstream: Guarded): ServiceGuard | undefined {
    if (upstream.traffic === undefined) return undefined;
    const known = this.byUpstream.get(upstream) ?? this.kept.get(keyOf(upstream))?.guard;
    if (known !== undefined) this.byUpstream.set(upstream, known);
    return known;
  }

  /** Goes by another snapshot. */
  update(upstreams: readonly Upstream[]): void {
    const nowMs = this.clock.nowMs();
    const wanted = new Map(upstreams.flatMap(guardedOf).map((guarded) => [keyOf(guarded), guarded]));
    for (const [key, { cancelLooks }] of this.kept) {
      if (wanted.has(key)) continue;
      cancelLooks();
      this.kept.delete(key);
    }
    for (const [key, guarded] of wanted) {
      const kept = this.kept.get(key) ?? { guard: new ServiceGuard(guarded), intervalMs: 0, cancelLooks: () => {} };
      this.kept.set(key, kept);
      kept.guard.update(guarded, nowMs);
      this.keepLooking(kept);
    }
  }

  stop(): void {
    for (const { cancelLooks } of this.kept.values()) cancelLooks();
    this.kept.clear();
  }

  failed(endpoint: WeightedEndpoint, nowMs: number): void {
    for (const { guard } of this.kept.values())
      guard.observe(endpoint, { isFailure: true, isGatewayError: true }, nowMs);
  }

  readmitted(endpoint: WeightedEndpoint, nowMs: number): void {
    for (const { guard } of this.kept.values()) guard.readmitted(endpoint, nowMs);
  }

  private keepLooking(kept: Kept): void {
    const intervalMs = kept.guard.policy.outlierDetection?.intervalMs ?? 0;
    if (intervalMs === kept.intervalMs) return;
    kept.cancelLooks();
    kept.intervalMs = intervalMs;
    kept.cancelLooks =
      intervalMs === 0 ? () => {} : this.clock.every(intervalMs, () => kept.guard.outliers?.look(this.clock.nowMs()));
  }
}

/** An upstream, and the backends that its HTTPRoutes send requests to. */
function guardedOf(upstream: Upstream): readonly Guarded[] {
  if (isDatagramProtocol(upstream.protocol)) return [];
  const backends = (upstream.rules ?? []).flatMap((rule) => rule.backends);
  const all = [upstream, ...backends.map((backend) => ({ ...backend, port: upstream.port }))];
  return all.filter(({ traffic }) => traffic !== undefined);
}

/** By the port of the application: two upstreams may lead there. */
function keyOf({ namespace, service, port, endpoints }: Guarded): string {
  return `${namespace}/${service} ${endpoints[0]?.appPort ?? port}`;
}
