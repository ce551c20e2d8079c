/** Endpoints that have just refused, to be passed over for a while. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";

/** More are forgotten, oldest first: an ejection is advice, not a decision. */
const EJECTIONS_MAX = 1024;

export class Ejections {
  private readonly ejectionMs: number;
  private readonly untilMs = new Map<string, number>();

  constructor(ejectionMs: number) {
    this.ejectionMs = ejectionMs;
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
