/** Times how long an endpoint takes to begin with its answer, and gives it up when that is too long. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
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
  /** Answers of one leg come again and again: its key is made once. */
  private timed: WeightedEndpoint | undefined;
  private timedKey = "";

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
    const { endpoint, mesh } = leg;
    this.cancel();
    if (endpoint === undefined) return;
    const nowMs = clock.nowMs();
    breakers.answered(endpoint, nowMs);
    const sinceMs = this.askedAtMs;
    if (sinceMs < 0 || mesh === undefined) return;
    this.askedAtMs = -1;
    if (endpoint !== this.timed) {
      this.timed = endpoint;
      this.timedKey = endpointKey(endpoint);
    }
    responseTimes.observe(mesh.peers, this.timedKey, nowMs - sinceMs, nowMs);
    loads.answered(this.timedKey, nowMs - sinceMs);
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
