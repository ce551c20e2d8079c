/**
 * A request of HTTP/1.1 whose answer is slow to come, on a second leg: whichever of the two answers first carries it on ("The Tail
 * at Scale", Dean and Barroso, 2013).
 */
import { messageOf } from "../../core/model/weft-error.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { endpointKey } from "../steer/breakers.ts";
import type { RequestLegRoute } from "../treat/request-route.ts";
import type { TreatedRequest } from "../treat/treated-request.ts";
import type { GatewayLeg } from "./gateway-options.ts";
import { countOnLeg } from "./leg-series.ts";
import type { RepeatableRequest } from "./repeatable-request.ts";
import type { SentChanges } from "./request-head-for.ts";
import { statusCodeOf } from "./status-code-of.ts";

export interface SecondLegOptions {
  readonly route: RequestLegRoute;
  readonly treated: TreatedRequest;
  readonly repeatable: RepeatableRequest;
  readonly changes: SentChanges;
  /** Where the request was read from. */
  readonly downstream: ByteSocket;
  /** The first bytes of an answer that is no failure; the leg is there to be taken. @returns whether their memory is free */
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
    const result = await route.open(options.treated.tried).catch(failed);
    if (result.kind === "failed") {
      context.log.debug("no second endpoint takes a slow request", { reason: result.reason });
      return;
    }
    const leg: GatewayLeg = { ...result.leg, key: route.key };
    if (this.isOver || leg.group.isFailed || !this.send(leg)) leg.group.reset();
    else this.listen(leg);
  }

  /** @returns false where nobody else has come up, or the request is not to be had any more */
  private send(leg: GatewayLeg): boolean {
    const { treated, repeatable, changes, downstream } = this.options;
    const key = leg.endpoint === undefined ? "" : endpointKey(leg.endpoint);
    if (treated.tried.has(key) || !repeatable.canRepeat(false)) return false;
    treated.tried.add(key);
    if (repeatable.send(leg, changes)) return true;
    downstream.pause();
    leg.request.resumeWhenFlushed(downstream);
    return true;
  }

  private listen(leg: GatewayLeg): void {
    const { group, response } = leg;
    const own = countOnLeg(leg);
    group.onEmpty = () => {
      if (own !== undefined) own.closedCount++;
    };
    group.onFailed = () => this.drop();
    response.onBytes = (bytes, from, to) => {
      if (!this.options.treated.isFailure(statusCodeOf(bytes, from, to))) return this.options.onAnswer(bytes, from, to);
      this.drop();
      return true;
    };
    response.onEnd = () => this.drop();
    this.sent = { leg, own, sentAtMs: this.context.clock.nowMs() };
    response.resume();
  }
}
