/** Endpoints that have just refused, to be passed over for a while. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";

/** More are forgotten, oldest first: an ejection is advice, not a decision. */
const EJECTIONS_MAX = 1024;

export class Ejections {
  private readonly ejectionMs: number;
  private readonly failuresMax: number;
  private readonly untilMs = new Map<string, number>();
  /** Failures in a row, of endpoints that took connections. */
  private readonly failureCounts = new Map<string, number>();

  /** @param failuresMax failures in a row after which an endpoint is passed over that does take connections */
  constructor(ejectionMs: number, failuresMax: number) {
    this.ejectionMs = ejectionMs;
    this.failuresMax = failuresMax;
  }

  /** It took a request, and broke off before its answer began. Once may be chance. @returns whether it is passed over now */
  countFailure(endpoint: WeightedEndpoint, nowMs: number): boolean {
    const key = endpointKey(endpoint);
    const count = (this.failureCounts.get(key) ?? 0) + 1;
    const isEnough = count >= this.failuresMax;
    this.failureCounts.delete(key);
    if (isEnough) this.eject(endpoint, nowMs);
    else this.failureCounts.set(key, count);
    const [oldest] = this.failureCounts.keys();
    if (this.failureCounts.size > EJECTIONS_MAX && oldest !== undefined) this.failureCounts.delete(oldest);
    return isEnough;
  }

  /** It answers. */
  forgetFailures(endpoint: WeightedEndpoint): void {
    if (this.failureCounts.size > 0) this.failureCounts.delete(endpointKey(endpoint));
  }

  eject(endpoint: WeightedEndpoint, nowMs: number): void {
    const key = endpointKey(endpoint);
    this.untilMs.delete(key);
    this.untilMs.set(key, nowMs + this.ejectionMs);
    const [oldest] = this.untilMs.keys();
    if (this.untilMs.size > EJECTIONS_MAX && oldest !== undefined) this.untilMs.delete(oldest);
  }

  isEjected(endpoint: WeightedEndpoint, nowMs: number): boolean {
    if (this.untilMs.size === 0) return false;
    const key = endpointKey(endpoint);
    const untilMs = this.untilMs.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs) return true;
    this.untilMs.delete(key);
    return false;
  }
}

export function endpointKey({ address, port, appPort }: WeightedEndpoint): string {
  return `${address} ${port} ${appPort}`;
}
