/**
 * A request of HTTP/1.1 whose answer is slow to come, on a second leg: whichever of the two answers first carries it on ("The Tail
 * at Scale", Dean and Barroso, 2013).
 */
import { messageOf } from "../../core/model/weft-error.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { GatewayLeg } from "./gateway-options.ts";
import { countOnLeg } from "./leg-series.ts";
import type { RequestLegRoute } from "./request-route.ts";

export interface SecondLegOptions {
  readonly route: RequestLegRoute;
  /** Endpoints that have it, by key. */
  readonly tried: ReadonlySet<string>;
  /** Sends the request. @returns false when it is not to be had any more */
  readonly send: (leg: GatewayLeg) => boolean;
  /** The first bytes of an answer. @returns whether their memory is free */
  readonly onAnswer: (bytes: Buffer, from: number, to: number) => boolean;
}

/** A leg that has the request and owes its answer. */
export interface SentSecond {
  readonly leg: GatewayLeg;
  readonly own: TrafficSeries | undefined;
  readonly sentAtMs: number;
}

export class SecondLeg {
  readonly route: RequestLegRoute;

  private readonly context: ProxyContext;
  private readonly options: SecondLegOptions;
  private sent: SentSecond | undefined;
  private isOver = false;

  constructor(context: ProxyContext, options: SecondLegOptions) {
    this.context = context;
    this.options = options;
    this.route = options.route;
    void this.open();
  }

  /** Gives the leg away, to whoever listens to it from now on; undefined where there is none that has the request. */
  take(): SentSecond | undefined {
    const { sent } = this;
    this.sent = undefined;
    this.isOver = true;
    return sent;
  }

  /** The answer is none of its business any more. */
  drop(): void {
    this.take()?.leg.group.reset();
  }

  private async open(): Promise<void> {
    const { context, options, route } = this;
    const failed = (error: unknown) => ({ kind: "failed", reason: messageOf(error) }) as const;
    const result = await route.open(options.tried).catch(failed);
    if (result.kind === "failed") {
      context.log.debug("no second endpoint takes a slow request", { reason: result.reason });
      return;
    }
    const leg: GatewayLeg = { ...result.leg, key: route.key };
    if (this.isOver || leg.group.isFailed || !this.listen(leg)) leg.group.reset();
  }

  private listen(leg: GatewayLeg): boolean {
    const { group, response } = leg;
    const own = countOnLeg(leg);
    group.onEmpty = () => {
      if (own !== undefined) own.closedCount++;
    };
    group.onFailed = () => this.drop();
    response.onBytes = (bytes, from, to) => this.options.onAnswer(bytes, from, to);
    response.onEnd = () => this.drop();
    if (!this.options.send(leg)) return false;
    this.sent = { leg, own, sentAtMs: this.context.clock.nowMs() };
    response.resume();
    return true;
  }
}
