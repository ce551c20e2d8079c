/** What this pod's application takes in on its ports, whoever sends it. */
import type { PortRateLimit } from "../../core/model/mesh-snapshot.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { TokenBucket } from "../balance/token-bucket.ts";
import { type LimitAnswer, rateAnswer } from "./limit-answers.ts";

interface Entry {
  readonly bucket: TokenBucket;
  isHttp1: boolean;
}

export class PortLimits {
  /** Turned away, by port. */
  readonly limited = new Map<number, number>();

  private readonly clock: Clock;
  private byPort = new Map<number, Entry>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Goes by another snapshot; a bucket that stays keeps its tokens. */
  update(limits: readonly PortRateLimit[]): void {
    const nowMs = this.clock.nowMs();
    this.byPort = new Map(
      limits.map(({ port, isHttp1, ...rate }) => {
        const entry = this.byPort.get(port) ?? { bucket: new TokenBucket(rate, nowMs), isHttp1 };
        entry.bucket.limits = rate;
        entry.isHttp1 = isHttp1;
        return [port, entry];
      }),
    );
  }

  /** Whether requests of HTTP/1.1 are counted on the port, and connections are not. */
  countsRequests(port: number): boolean {
    return this.byPort.get(port)?.isHttp1 === true;
  }

  /** @returns whether one more connection may come */
  takesConnection(port: number): boolean {
    const entry = this.byPort.get(port);
    return entry === undefined || entry.isHttp1 || entry.bucket.take(this.clock.nowMs()) || this.turnAway(port);
  }

  /** @returns how a request is answered that is one too many */
  limitOf(port: number): LimitAnswer | undefined {
    const entry = this.byPort.get(port);
    const nowMs = this.clock.nowMs();
    if (entry === undefined || !entry.isHttp1 || entry.bucket.take(nowMs)) return undefined;
    this.turnAway(port);
    return rateAnswer(entry.bucket, nowMs);
  }

  private turnAway(port: number): false {
    this.limited.set(port, (this.limited.get(port) ?? 0) + 1);
    return false;
  }
}
