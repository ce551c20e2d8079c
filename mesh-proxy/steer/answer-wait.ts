/** Times how long an endpoint takes to begin with its answer, and gives it up when that is too long. */
import type { ProxyContext } from "../proxy-context.ts";
import { endpointKey } from "./breakers.ts";
import type { Leg } from "./leg.ts";

export interface AnswerWaitOptions {
  /** Whether an answer is still to begin on the leg, and another may give it. */
  readonly isAwaited: (leg: TimedLeg) => boolean;
  /** None has begun in time. */
  readonly onLate: (reason: string) => void;
}

type TimedLeg = Pick<Leg, "endpoint" | "mesh">;

export class AnswerWait {
  private readonly context: ProxyContext;
  private readonly options: AnswerWaitOptions;
  /** When the only request in flight was passed on, if its answer has not begun; else -1. */
  private askedAtMs = -1;
  private cancel = () => {};

  constructor(context: ProxyContext, options: AnswerWaitOptions) {
    this.context = context;
    this.options = options;
  }

  /** @param isAlone of several requests in flight one may have waited for others */
  asked(leg: TimedLeg, isAlone: boolean): void {
    this.askedAtMs = isAlone ? this.context.clock.nowMs() : -1;
    if (isAlone) this.limit(leg);
  }

  firstByte(leg: TimedLeg): void {
    const { clock, responseTimes, loads, breakers } = this.context;
    this.cancel();
    if (leg.endpoint !== undefined) breakers.answered(leg.endpoint, clock.nowMs());
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

  private limit(leg: TimedLeg): void {
    const { clock, config, breakers } = this.context;
    const { endpoint } = leg;
    const timeoutMs = config.responseTimeoutMs;
    if (timeoutMs === undefined || endpoint === undefined) return;
    this.cancel();
    this.cancel = clock.after(timeoutMs, () => {
      if (!this.options.isAwaited(leg)) return;
      breakers.eject(endpoint, clock.nowMs());
      this.options.onLate(`no answer within ${timeoutMs} ms`);
    });
  }
}
