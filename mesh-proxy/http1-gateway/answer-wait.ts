/** Times how long an endpoint takes to begin with its answer, and gives it up when that is too long. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { endpointKey } from "../steer/breakers.ts";
import type { Leg } from "../steer/leg.ts";

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

  /** Another leg, which was asked at `sinceMs`, answers first: the one that is waited for has taken at least as long as now. */
  overtaken(leg: TimedLeg, sinceMs: number): void {
    this.cancel();
    const nowMs = this.context.clock.nowMs();
    if (this.askedAtMs >= 0) this.observe(leg, nowMs - this.askedAtMs, nowMs);
    this.askedAtMs = sinceMs;
  }

  firstByte(leg: TimedLeg): void {
    this.cancel();
    if (leg.endpoint === undefined) return;
    const nowMs = this.context.clock.nowMs();
    this.context.breakers.answered(leg.endpoint, nowMs);
    if (this.askedAtMs < 0) return;
    this.observe(leg, nowMs - this.askedAtMs, nowMs);
    this.askedAtMs = -1;
  }

  stop(): void {
    this.cancel();
  }

  private observe({ endpoint, mesh }: TimedLeg, ms: number, nowMs: number): void {
    if (endpoint === undefined || mesh === undefined) return;
    if (endpoint !== this.timed) {
      this.timed = endpoint;
      this.timedKey = endpointKey(endpoint);
    }
    this.context.responseTimes.observe(mesh.peers, this.timedKey, ms, nowMs);
    this.context.loads.answered(this.timedKey, ms);
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
