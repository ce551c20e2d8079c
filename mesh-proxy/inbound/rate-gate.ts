import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import type { LimitAnswer } from "../guard/limit-answers.ts";
import type { PortLimits } from "../guard/port-limits.ts";

/** Counts each request of a connection once, however often it is looked at while it waits. */
export class RateGate {
  private readonly limits: PortLimits;
  private sequence = 0;
  private limit: LimitAnswer | undefined;

  constructor(limits: PortLimits) {
    this.limits = limits;
  }

  limitOf(port: number, request: Http1Scanner): LimitAnswer | undefined {
    if (request.sequence !== this.sequence) this.limit = this.limits.limitOf(port);
    this.sequence = request.sequence;
    return this.limit;
  }
}
