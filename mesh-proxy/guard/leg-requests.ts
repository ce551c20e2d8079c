/** The requests on one leg of HTTP/1.1, counted with their Service's while they are under way. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { RequestRecord, RequestRecorder } from "../meter/traffic-series.ts";
import type { FlowFollower } from "../relay/socket-group.ts";
import { endpointKey } from "../steer/breakers.ts";
import { outcomeOf } from "./outcome-of.ts";
import type { ServiceGuard } from "./service-guard.ts";

export class LegRequests implements RequestRecorder, FlowFollower {
  private readonly guard: ServiceGuard;
  private readonly endpoint: WeightedEndpoint;
  private readonly key: string;
  private readonly nowMs: () => number;
  /** The leg was opened for a request, which is under way from the beginning, and counted already. */
  private activeCount = 1;
  private isFirstExpected = true;

  constructor(guard: ServiceGuard, endpoint: WeightedEndpoint, nowMs: () => number) {
    this.guard = guard;
    this.endpoint = endpoint;
    this.key = endpointKey(endpoint);
    this.nowMs = nowMs;
  }

  /** Whether another may begin here, and had not better go elsewhere; it has begun then. */
  begin(): boolean {
    if (this.isFirstExpected) {
      this.isFirstExpected = false;
      return true;
    }
    const { guard, key } = this;
    if (!guard.occupancy.hasRequestRoomAt(key) || guard.isWorthLeaving(key, this.nowMs())) return false;
    this.start();
    return true;
  }

  record(request: RequestRecord): void {
    this.isFirstExpected = false;
    this.guard.observe(this.endpoint, outcomeOf(request), this.nowMs());
    if (this.activeCount > 0) this.end();
  }

  flowOver(): void {
    while (this.activeCount > 0) this.end();
  }

  private start(): void {
    this.activeCount++;
    this.guard.occupancy.requestBegan(this.key);
  }

  private end(): void {
    this.activeCount--;
    this.guard.occupancy.requestEnded(this.key);
  }
}
