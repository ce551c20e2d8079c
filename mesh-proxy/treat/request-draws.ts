/** What chance decides of the newest request of a connection, or of a stream: drawn once, however often it is asked about. */
import type { InjectedFault } from "../../core/model/request-rule.ts";
import type { RouteEvent } from "../meter/route-counters.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { Course } from "../route/route-table.ts";

const NOT_DRAWN = -1;

export class RequestDraws {
  private readonly context: ProxyContext;
  private requestNumber = 0;
  private uniform = 0;
  /** 0 is no delay. */
  private delayedUntilMs = NOT_DRAWN;
  private abort: boolean | undefined;
  private isCounted = false;

  constructor(context: ProxyContext) {
    this.context = context;
  }

  /** Where a request of the course `taken` goes: of a split to one of its backends. */
  courseOf(taken: Course, requestNumber: number): Course {
    if (taken.split === undefined) return taken;
    if (requestNumber !== this.requestNumber) {
      this.requestNumber = requestNumber;
      this.uniform = this.context.random();
      this.delayedUntilMs = NOT_DRAWN;
      this.abort = undefined;
      this.isCounted = false;
    }
    return taken.split(this.uniform);
  }

  /** How long it has still to wait, ms. */
  waitMs(route: string, delay: InjectedFault["delay"]): number {
    if (delay === undefined) return 0;
    const nowMs = this.context.clock.nowMs();
    if (this.delayedUntilMs === NOT_DRAWN) {
      const isDelayed = this.holds(delay.percent);
      this.delayedUntilMs = isDelayed ? nowMs + delay.ms : 0;
      if (isDelayed) this.context.routeCounters.events.add(route, "delayed");
    }
    return Math.max(0, this.delayedUntilMs - nowMs);
  }

  isAborted(abort: InjectedFault["abort"]): boolean {
    if (abort === undefined) return false;
    this.abort ??= this.holds(abort.percent);
    return this.abort;
  }

  count(route: string, event: RouteEvent): void {
    if (!this.isCounted) this.context.routeCounters.events.add(route, event);
    this.isCounted = true;
  }

  private holds(percent: number): boolean {
    return 100 * this.context.random() < percent;
  }
}
