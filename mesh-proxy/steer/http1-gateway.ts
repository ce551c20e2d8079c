/**
 * Passes HTTP/1.1 on request by request. The head of every request decides its leg; while the leg stays, bytes pass as they
 * come (but for the one header), and when it changes the new leg begins between two requests: the requests before it are
 * answered on the old one first, so responses keep their order and nothing in flight moves.
 *
 * Held bytes wait in the read buffer of `downstream`, which is not read meanwhile (see ByteSocket): there is no queue.
 */
import { messageOf } from "../../core/model/weft-error.ts";
import { HTTP1_EVENT } from "../codec/http1/http1-event.ts";
import { createHttp1Scanners, HTTP1_LIMITS, type Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { methodName } from "../codec/http1/method.ts";
import { rewriteHead } from "../codec/http1/rewrite-head.ts";
import { closeLineOffset, withCloseLine } from "../meter/close-line.ts";
import { Http1Meter } from "../meter/http1-meter.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { RunWriter } from "../relay/run-writer.ts";
import { errorAnswer } from "./error-answer.ts";
import { idleGraceMs } from "./idle-grace.ts";
import type { Leg, LegResult } from "./leg.ts";

/** What the head of a request decides. */
export type RequestRoute =
  | RequestLegRoute
  | { readonly kind: "refused"; readonly statusCode: number; readonly code: string; readonly reason: string };

export interface RequestLegRoute {
  readonly kind: "leg";
  /** Legs with another key never carry this request. */
  readonly key: string;
  /** Whether an open leg of the same key may carry it. */
  readonly fits: (leg: Leg) => boolean;
  readonly open: () => Promise<LegResult>;
  /** Where the request is recorded, besides the leg's own series. */
  readonly series?: TrafficSeries | undefined;
}

export interface GatewayOptions {
  readonly downstream: ByteSocket;
  /** Called at each request's head, again when it had to wait. */
  readonly route: (request: Http1Scanner) => RequestRoute;
  /**
   * Whether a request may be sent once more, on another leg, when its leg ends without a byte of response: the far side may
   * have closed it at that very moment. RFC 9110 section 9.2.2 allows it for idempotent requests, and for no others.
   */
  readonly repeats: boolean;
  /** The flow is over. */
  readonly onClosed: () => void;
}

/** RFC 9110 section 9.2.2. */
const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);

interface Run {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

interface GatewayLeg extends Leg {
  readonly key: string;
}

export class Http1Gateway {
  private readonly context: ProxyContext;
  private readonly options: GatewayOptions;
  private readonly downstream: ByteSocket;
  private readonly request: Http1Scanner;
  private readonly response: Http1Scanner;
  private readonly meter: Http1Meter;
  private readonly out = new RunWriter();
  private leg: GatewayLeg | undefined;
  private series: readonly TrafficSeries[] = [];
  /** Read but not passed on. */
  private held: Run | undefined;
  /** The request scanner has just found a head that is not passed on. */
  private isHeadHeld = false;
  private isOpening = false;
  /** Between a request's head and its end. */
  private isInRequest = false;
  private hasPartialHead = false;
  private isInResponse = false;
  /** The connection has left HTTP. */
  private isTunnel = false;
  private isDraining = false;
  private isOver = false;
  /** Where the newest request begins in what was read last; -1 when not there. */
  private headFrom = -1;
  /** The one request in flight, as long as it lies whole in the read buffer and was not sent twice. */
  private repeatable: Run | undefined;
  private isRepeating = false;
  private closeOffset = -1;
  /** The proxy's own answer, and how many requests are pending when it is its turn. */
  private refusal: { readonly answer: Buffer; readonly pendingMax: number } | undefined;

  constructor(context: ProxyContext, options: GatewayOptions) {
    this.context = context;
    this.options = options;
    this.downstream = options.downstream;
    const scanners = createHttp1Scanners({ ...HTTP1_LIMITS, headBytesMax: context.config.headBytesMax });
    this.request = scanners.request;
    this.response = scanners.response;
    this.meter = new Http1Meter(context.clock, () => this.series);
    this.downstream.onBytes = (bytes, from, to) => {
      this.headFrom = -1;
      return this.take(bytes, from, to);
    };
    this.downstream.onEnd = () => this.downstreamEnded();
    this.downstream.onClosed = (error) => this.downstreamClosed(error);
  }

  get byteCount(): number {
    const { socket } = this.downstream;
    return socket.bytesRead + socket.bytesWritten + (this.leg?.group.byteCount ?? 0);
  }

  /** Closes with the next response, or when none is to come. */
  drain(): void {
    this.isDraining = true;
    this.context.clock.after(idleGraceMs, () => this.afterProgress());
  }

  cut(): void {
    this.leg?.group.reset();
    this.downstream.reset();
  }

  /** Takes bytes of `downstream`. @returns whether all of them are passed on, and their memory free. */
  take(bytes: Buffer, from: number, to: number): boolean {
    if (this.isOver) return true;
    this.repeatable = undefined;
    // What refuses or ends the flow inside `scan` wants the rest read, to find the end of it.
    if (!this.scan(bytes, from, to)) return this.isOver;
    if (this.options.repeats) this.keepRepeatable(bytes, to);
    const sink = this.leg?.request;
    if (sink === undefined || sink.isFlushed) return true;
    sink.resumeWhenFlushed(this.downstream);
    return false;
  }

  /** Towards the destination. @returns false when something has to wait; then it is in `held`. */
  private scan(bytes: Buffer, from: number, to: number): boolean {
    const { request } = this;
    for (let at = from; ; at = request.offset) {
      switch (request.next(bytes, at, to)) {
        case HTTP1_EVENT.needMore:
          if (to > at && !this.isInRequest && !this.isTunnel) this.hasPartialHead = true;
          this.flush(bytes);
          return true;
        case HTTP1_EVENT.head:
          this.isInRequest = true;
          this.hasPartialHead = false;
          this.meter.requestHead(request);
          if (!this.tryHead(bytes)) return this.hold(bytes, request.offset, to, true);
          break;
        case HTTP1_EVENT.body:
        case HTTP1_EVENT.tunnel:
          this.out.run(bytes, request.from, request.to);
          this.leg?.requestTap?.copy(bytes, request.from, request.to);
          break;
        case HTTP1_EVENT.end:
          this.isInRequest = false;
          this.meter.requestEnd(request);
          break;
        case HTTP1_EVENT.held:
          return this.hold(bytes, request.offset, to, false);
        default:
          this.hold(bytes, to, to, false);
          this.refuse(400, "request-malformed", request.reason);
          return false;
      }
    }
  }

  /** @returns whether the head's leg is there, and the head on its way. */
  private tryHead(bytes: Buffer): boolean {
    const { request, leg } = this;
    const route = this.options.route(request);
    if (route.kind === "refused") {
      this.refuse(route.statusCode, route.code, route.reason);
      return false;
    }
    if (leg !== undefined && leg.key === route.key && route.fits(leg)) {
      this.passHead(bytes, leg);
      return true;
    }
    this.flush(bytes);
    if (this.isOpening || this.request.pendingRequestCount > 1) return false;
    if (leg !== undefined && !leg.request.isFlushed) {
      leg.request.whenFlushed(() => this.goOn());
      return false;
    }
    if (leg !== undefined) this.leave(leg);
    this.open(route);
    return false;
  }

  private passHead(bytes: Buffer, leg: GatewayLeg): void {
    const { request } = this;
    this.headFrom = request.isStored ? -1 : request.from;
    const isAsItCame = leg.servicePath === undefined && request.head.fields.nshLineStart < 0 && !request.isStored;
    if (isAsItCame) this.out.run(bytes, request.from, request.to);
    else this.out.piece(bytes, rewriteHead(request, leg.servicePath));
    if (leg.requestTap === undefined) return;
    const stripped = rewriteHead(request);
    leg.requestTap.copy(stripped, 0, stripped.length);
  }

  private open(route: RequestLegRoute): void {
    this.isOpening = true;
    const failed = (error: unknown): LegResult => ({ kind: "failed", by: "no_endpoint", reason: messageOf(error) });
    route
      .open()
      .catch(failed)
      .then((result) => {
        this.isOpening = false;
        if (result.kind === "open" && (this.isOver || result.leg.group.isFailed)) return result.leg.group.reset();
        if (result.kind === "open") return this.begin({ ...result.leg, key: route.key }, route.series);
        if (this.isOver) return;
        this.context.own.refuseConnection(result.by);
        this.refuse(503, result.by.replaceAll("_", "-"), result.reason);
      });
  }

  private begin(leg: GatewayLeg, recordedOn: TrafficSeries | undefined): void {
    this.leg = leg;
    const own = leg.mesh?.seriesFor("http");
    this.series = [recordedOn, own].filter((series) => series !== undefined);
    if (own !== undefined) {
      own.openedCount++;
      leg.mesh?.socket.attribute(own.sent, own.received);
    }
    leg.group.onFailed = (error) => this.legFailed(leg, error.message);
    leg.group.onEmpty = () => {
      if (own !== undefined) own.closedCount++;
      this.legClosed(leg);
    };
    leg.response.onBytes = (bytes, from, to) => this.takeResponse(leg, bytes, from, to);
    leg.response.onEnd = () => this.legEnded(leg);
    leg.response.resume();
    if (this.isRepeating) this.repeat(leg);
    this.goOn();
  }

  /** A request that was the whole read: while nothing else is read, it can be sent again from where it lies. */
  private keepRepeatable(bytes: Buffer, to: number): void {
    const { request, headFrom } = this;
    const isWhole = request.pendingRequestCount === 1 && !this.isInRequest && !this.hasPartialHead && headFrom >= 0;
    if (!isWhole || !idempotentMethods.has(methodName(request.head.method))) return;
    this.repeatable = { bytes, from: headFrom, to };
  }

  private openToRepeat(): boolean {
    const { repeatable } = this;
    if (repeatable === undefined) return false;
    const route = this.options.route(this.request);
    if (route.kind === "refused") return false;
    this.isRepeating = true;
    this.downstream.pause();
    this.open(route);
    return true;
  }

  private repeat(leg: GatewayLeg): void {
    const { request, repeatable } = this;
    this.isRepeating = false;
    this.repeatable = undefined;
    if (repeatable === undefined) return;
    const { bytes, from, to } = repeatable;
    request.bytes = bytes;
    request.from = from;
    request.to = from + request.headByteCount;
    const pieces = [rewriteHead(request, leg.servicePath), bytes.subarray(from + request.headByteCount, to)];
    if (leg.request.writeAll(pieces)) this.downstream.resume();
    else leg.request.resumeWhenFlushed(this.downstream);
  }

  /** Goes on with what was held. */
  private goOn(): void {
    const { held } = this;
    if (held === undefined || this.isOver || this.refusal !== undefined) return;
    if (this.isHeadHeld && !this.tryHead(held.bytes)) return;
    this.held = undefined;
    this.isHeadHeld = false;
    if (this.take(held.bytes, held.from, held.to)) this.downstream.resume();
  }

  private hold(bytes: Buffer, from: number, to: number, isHeadHeld: boolean): false {
    this.flush(bytes);
    this.held = { bytes, from, to };
    this.isHeadHeld = isHeadHeld;
    return false;
  }

  private takeResponse(leg: GatewayLeg, bytes: Buffer, from: number, to: number): boolean {
    if (leg !== this.leg || this.isOver) return true;
    const verdict = this.scanResponse(bytes, from, to);
    if (verdict === "rejected") {
      this.legFailed(leg, `response is out of protocol: ${this.response.reason}`);
      if (!this.isOver) this.finish();
      return true;
    }
    leg.responseTap?.copy(bytes, from, to);
    const isFlushed =
      this.closeOffset < 0
        ? this.downstream.write(bytes, from, to)
        : this.downstream.writeAll(withCloseLine(bytes, from, to, this.closeOffset));
    if (verdict === "last") this.finish();
    else if (!this.isInResponse) this.afterProgress();
    if (isFlushed) return true;
    this.downstream.resumeWhenFlushed(leg.response);
    return false;
  }

  private scanResponse(bytes: Buffer, from: number, to: number): "more" | "last" | "rejected" {
    const { response } = this;
    this.closeOffset = -1;
    let verdict: "more" | "last" = "more";
    for (let at = from; ; at = response.offset) {
      switch (response.next(bytes, at, to)) {
        case HTTP1_EVENT.needMore:
          if (to > at) this.isInResponse = true;
          return verdict;
        case HTTP1_EVENT.end:
          this.meter.responseEnd(response);
          this.isInResponse = false;
          this.isTunnel ||= response.head.statusCode === 101;
          if (!response.isKeepAlive && !this.isTunnel) verdict = "last";
          break;
        case HTTP1_EVENT.tunnel:
          this.isTunnel = true;
          verdict = "more";
          break;
        case HTTP1_EVENT.held:
        case HTTP1_EVENT.rejected:
          return "rejected";
        case HTTP1_EVENT.head:
          this.isInResponse = true;
          if (this.isDraining) this.closeOffset = closeLineOffset(response);
          break;
        default:
          this.isInResponse = true;
      }
    }
  }

  /** A response is complete, or a leg is gone: what waited for it may go on. */
  private afterProgress(): void {
    if (this.isOver) return;
    if (this.refusal !== undefined) {
      this.answerRefusal();
      return;
    }
    if (this.held !== undefined) {
      this.goOn();
      return;
    }
    if (this.isIdle && (this.isDraining || this.downstream.hasEnded)) this.finish();
  }

  private get isIdle(): boolean {
    return this.request.pendingRequestCount === 0 && !this.isInRequest && !this.hasPartialHead && !this.isTunnel;
  }

  private refuse(statusCode: number, code: string, reason: string): void {
    this.context.own.refuseRequest(statusCode);
    this.refusal = {
      answer: errorAnswer(statusCode, code, reason),
      pendingMax: this.isInRequest || this.isRepeating ? 1 : 0,
    };
    this.answerRefusal();
  }

  /** Only when every request before the refused one is answered. */
  private answerRefusal(): void {
    const { refusal } = this;
    if (refusal === undefined || this.isInResponse) return;
    if (this.request.pendingRequestCount > refusal.pendingMax) return;
    this.downstream.write(refusal.answer, 0, refusal.answer.length);
    this.finish();
  }

  private legEnded(leg: GatewayLeg): void {
    if (leg !== this.leg || this.isOver) return;
    if (this.isTunnel) {
      this.downstream.end();
      return;
    }
    if (this.response.finish() !== HTTP1_EVENT.end) {
      this.legFailed(leg, "connection ended before the response");
      return;
    }
    this.meter.responseEnd(this.response);
    this.finish();
  }

  /** The leg cannot go on; between requests nobody needs to know. */
  private legFailed(leg: GatewayLeg, reason: string): void {
    if (leg !== this.leg || this.isOver) return;
    this.leave(leg);
    if (this.isInResponse || this.isTunnel) {
      this.context.own.failedFlowCount++;
      this.isOver = true;
      this.downstream.reset();
      return;
    }
    const isAwaited = this.request.pendingRequestCount > (this.isHeadHeld ? 1 : 0);
    if (!isAwaited) {
      this.afterProgress();
      return;
    }
    if (this.openToRepeat()) return;
    // The oldest request gets the answer; that the connection closes after it tells of the others.
    this.context.own.refuseRequest(502);
    const answer = errorAnswer(502, "upstream-failed", reason);
    this.downstream.write(answer, 0, answer.length);
    this.finish();
  }

  private legClosed(leg: GatewayLeg): void {
    if (leg === this.leg) this.leg = undefined;
    if (this.isOver && this.leg === undefined && this.downstream.isClosed) this.options.onClosed();
  }

  /** Parts with a leg: in order when all its requests are answered. */
  private leave(leg: GatewayLeg): void {
    this.leg = undefined;
    if (leg.group.isFailed) return;
    const isAnswered = this.request.pendingRequestCount <= (this.isHeadHeld || this.isInRequest ? 1 : 0);
    if (!isAnswered || this.isInResponse) {
      leg.group.reset();
      return;
    }
    endInOrder(this.context, leg);
  }

  /** Everything is said: ends both sides, and lets what still comes pass by. */
  private finish(): void {
    this.isOver = true;
    this.downstream.end();
    this.downstream.resume();
    const { leg } = this;
    if (leg === undefined) return;
    if (this.request.pendingRequestCount > 0) leg.group.reset();
    else endInOrder(this.context, leg);
  }

  private downstreamEnded(): void {
    if (this.isOver) return;
    this.leg?.requestTap?.end();
    if (this.isTunnel) {
      this.leg?.request.end();
      return;
    }
    if (this.request.finish() === HTTP1_EVENT.rejected || this.isIdle) {
      this.finish();
      return;
    }
    this.leg?.request.end();
  }

  private downstreamClosed(error: Error | undefined): void {
    this.isOver = true;
    const { leg } = this;
    if (error !== undefined) this.context.own.failedFlowCount++;
    if (leg === undefined) {
      this.options.onClosed();
      return;
    }
    if (error !== undefined || this.request.pendingRequestCount > 0) leg.group.reset();
    else endInOrder(this.context, leg);
  }

  private flush(bytes: Buffer): void {
    if (this.leg !== undefined) this.out.flush(bytes, this.leg.request);
  }
}

/** A far side that does not answer the end of stream with its own is not waited for. */
function endInOrder({ clock, config }: ProxyContext, { group, response }: Leg): void {
  response.onBytes = () => true;
  response.onEnd = () => {};
  group.end();
  response.resume();
  const cancel = clock.after(config.connectTimeoutMs, () => group.reset());
  const { onEmpty } = group;
  group.onEmpty = () => {
    cancel();
    onEmpty();
  };
}
