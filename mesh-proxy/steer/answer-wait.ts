/** Times how long an endpoint takes to begin with its answer, and gives it up when that is too long. */
import type { ProxyContext } from "../proxy-context.ts";
import { endpointKey } from "./ejections.ts";
import type { Leg } from "./leg.ts";

export class AnswerWait {
  private readonly context: ProxyContext;
  /** When the only request in flight was passed on, if its answer has not begun; else -1. */
  private askedAtMs = -1;
  private cancel = () => {};

  constructor(context: ProxyContext) {
    this.context = context;
  }

  /** @param isAlone of several requests in flight one may have waited for others */
  asked(isAlone: boolean): void {
    this.askedAtMs = isAlone ? this.context.clock.nowMs() : -1;
  }

  /** @param onLate called with the reason when no answer has begun in time, where there is a limit */
  limit({ endpoint }: Pick<Leg, "endpoint">, onLate: (reason: string) => void): void {
    const { clock, config, ejections } = this.context;
    const timeoutMs = config.responseTimeoutMs;
    if (timeoutMs === undefined || endpoint === undefined) return;
    this.cancel();
    this.cancel = clock.after(timeoutMs, () => {
      ejections.eject(endpoint, clock.nowMs());
      onLate(`no answer within ${timeoutMs} ms`);
    });
  }

  firstByte(leg: Pick<Leg, "endpoint" | "mesh">): void {
    const { clock, responseTimes, loads, ejections } = this.context;
    this.cancel();
    if (leg.endpoint !== undefined) ejections.answered(leg.endpoint, clock.nowMs());
    const sinceMs = this.askedAtMs;
    if (sinceMs < 0 || leg.mesh === undefined || leg.endpoint === undefined) return;
    this.askedAtMs = -1;
    const nowMs = clock.nowMs();
    const key = endpointKey(leg.endpoint);
    responseTimes.observe(leg.mesh.peers, key, nowMs - sinceMs, nowMs);
    loads.answered(key, nowMs - sinceMs);
  }

  stop(): void {
    this.cancel();
  }
}
