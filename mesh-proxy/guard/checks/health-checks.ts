/** Asks the endpoints of Services that want it how they are: each at its interval, so many at a time over all. */
import type { Upstream, WeightedEndpoint } from "../../../core/model/mesh-snapshot.ts";
import { messageOf } from "../../../core/model/weft-error.ts";
import { nextCheckMs } from "../../balance/health-status.ts";
import { Places } from "../../probe/places.ts";
import type { ProxyContext } from "../../proxy-context.ts";
import { endpointKey } from "../../steer/breakers.ts";
import type { ServiceGuard } from "../service-guard.ts";
import { checkEndpoint } from "./check-endpoint.ts";

/** Checks under way at a time. */
const CHECKS_MAX = 32;
/** Who finds no place tries again after this, ms. */
const PLACE_WAIT_MS = 100;

export class HealthChecks {
  private readonly context: ProxyContext;
  private readonly places = new Places(CHECKS_MAX);
  /** By guard and endpoint: how to call the next one off. */
  private readonly due = new Map<ServiceGuard, Map<string, () => void>>();
  private isStopped = false;

  constructor(context: ProxyContext) {
    this.context = context;
  }

  /** Goes by the newest snapshot; endpoints that stay keep their turn. */
  update(): void {
    const { guards, random } = this.context;
    if (this.isStopped) return;
    const wanted = new Set(guards.all.filter(({ policy }) => policy.healthCheck !== undefined));
    for (const [guard, endpoints] of this.due) {
      for (const [key, cancel] of endpoints) {
        if (wanted.has(guard) && guard.has(key)) continue;
        cancel();
        endpoints.delete(key);
      }
      if (!wanted.has(guard)) this.due.delete(guard);
    }
    for (const guard of wanted) {
      const endpoints = this.due.get(guard) ?? new Map<string, () => void>();
      this.due.set(guard, endpoints);
      const intervalMs = guard.policy.healthCheck?.intervalMs ?? 0;
      for (const endpoint of guard.endpoints)
        if (!endpoints.has(endpointKey(endpoint))) this.plan(guard, endpoint, random() * intervalMs);
    }
  }

  stop(): void {
    this.isStopped = true;
    for (const endpoints of this.due.values()) for (const cancel of endpoints.values()) cancel();
    this.due.clear();
  }

  private plan(guard: ServiceGuard, endpoint: WeightedEndpoint, delayMs: number): void {
    const cancel = this.context.clock.after(delayMs, () => void this.check(guard, endpoint));
    this.due.get(guard)?.set(endpointKey(endpoint), cancel);
  }

  private async check(guard: ServiceGuard, endpoint: WeightedEndpoint): Promise<void> {
    const { clock, random, log } = this.context;
    const { healthCheck } = guard.policy;
    const table = this.context.routes();
    if (healthCheck === undefined || table === undefined) return;
    const leave = this.places.enter();
    if (leave === undefined) return this.plan(guard, endpoint, PLACE_WAIT_MS * (0.5 + random()));
    const about = { table, service: guard, endpoint, check: healthCheck };
    const reason = await checkEndpoint(this.context, about).catch(messageOf);
    leave();
    const key = endpointKey(endpoint);
    if (this.isStopped || this.due.get(guard)?.has(key) !== true || !guard.has(key)) return;
    if (guard.checked(endpoint, reason === undefined, clock.nowMs()) === "changed")
      log.info(reason === undefined ? "endpoint passes its checks again" : "endpoint fails its checks", {
        endpoint: endpoint.pod,
        ...(reason !== undefined && { reason }),
      });
    this.plan(guard, endpoint, nextCheckMs(healthCheck.intervalMs, random()));
  }
}

/** Of which Service an endpoint is asked. */
export type CheckedService = Pick<Upstream, "namespace" | "service" | "port">;
