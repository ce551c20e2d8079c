/**
 * Passes HTTP/1.1 on request by request. The head of every request decides its leg; while the leg stays, bytes pass as they
 * come (but for headers of a path or a trace, and what a route changes), and when it changes the new leg begins between two requests: the requests before it are
 * answered on the old one first, so responses keep their order and nothing in flight moves.
 *
 * Held bytes wait in the read buffer of `downstream`, which is not read meanwhile (see ByteSocket): there is no queue.
 */
import { messageOf } from "../../core/model/weft-error.ts";
import { HTTP1_EVENT } from "../codec/http1/http1-event.ts";
import { createHttp1Scanners, HTTP1_LIMITS, type Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { METHOD } from "../codec/http1/method.ts";
import { rewriteHead } from "../codec/http1/rewrite-head.ts";
import type { HopBreak, HopSeries } from "../meter/hop-series.ts";
import { Http1Meter } from "../meter/http1-meter.ts";
import type { RequestRecorder } from "../meter/traffic-series.ts";
import { Http1Watch } from "../observe/http1-watch.ts";
import { flagOfBreak, flagOfRefusal, type ResponseFlag } from "../observe/response-flag.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { copyWhole } from "../relay/copy-sink.ts";
import type { FlowPlace } from "../relay/flow-place.ts";
import { pause } from "../relay/pause.ts";
import { RunWriter } from "../relay/run-writer.ts";
import { breakOf } from "../steer/break-of.ts";
import { encodeAnswer, errorAnswer, type RefusalMark, refusalMarkOf } from "../steer/error-answer.ts";
import { idleGraceMs } from "../steer/idle-grace.ts";
import type { Leg, LegResult } from "../steer/leg.ts";
import { isOwnFault } from "../steer/own-fault.ts";
import { placeOf } from "../steer/place-of.ts";
import { upstreamText } from "../steer/upstream-text.ts";
import { brokenLeg, type LegFailure, lateAnswer, malformedAnswer } from "../treat/leg-failure.ts";
import type { AnsweredRequest, RequestLegRoute } from "../treat/request-route.ts";
import { TreatedRequest } from "../treat/treated-request.ts";
import { AnswerWait } from "./answer-wait.ts";
import { endInOrder } from "./end-in-order.ts";
import { expectsContinue } from "./expects-continue.ts";
import type { GatewayLeg, GatewayOptions, Run } from "./gateway-options.ts";
import { countOnLeg } from "./leg-series.ts";
import { OwnRefusal } from "./own-refusal.ts";
import { RepeatableRequest } from "./repeatable-request.ts";
import { requestHeadFor, type SentChanges } from "./request-head-for.ts";
import { ResponseScan } from "./response-scan.ts";
import { SecondLeg } from "./second-leg.ts";
import { statusCodeOf } from "./status-code-of.ts";

export class Http1Gateway {
  private readonly context: ProxyContext;
  private readonly options: GatewayOptions;
  private readonly downstream: ByteSocket;
  private readonly request: Http1Scanner;
  private readonly response: ResponseScan;
  private readonly repeatable: RepeatableRequest;
  private readonly watch: Http1Watch;
  private readonly meter: Http1Meter;
  private readonly out = new RunWriter();
  private leg: GatewayLeg | undefined;
  private series: readonly RequestRecorder[] = [];
  /** Of the leg, where it is part of a path. */
  private hop: HopSeries | undefined;
  /** Read but not passed on. */
  private held: Run | undefined;
  /** The request scanner has just found a head that is not passed on. */
  private isHeadHeld = false;
  private isOpening = false;
  /** What is left of the request in hand goes nowhere: it has its answer. */
  private isDenied = false;
  /** Between a request's head and its end. */
  private isInRequest = false;
  private requestCount = 0;
  private hasPartialHead = false;
  private isDraining = false;
  private isOver = false;
  private isRepeating = false;
  private hasClosed = false;
  private readonly wait: AnswerWait;
  private readonly treated: TreatedRequest;
  /** The request in hand is there, too, and has no answer. */
  private second: SecondLeg | undefined;
  private readonly refusal: OwnRefusal;

  constructor(context: ProxyContext, options: GatewayOptions) {
    this.context = context;
    this.options = options;
    this.downstream = options.downstream;
    const scanners = createHttp1Scanners({ ...HTTP1_LIMITS, headBytesMax: context.config.headBytesMax });
    this.request = scanners.request;
    this.watch = new Http1Watch(context.observer, options.facts);
    this.meter = new Http1Meter(context.clock, () => this.series, this.watch);
    this.response = new ResponseScan(
      scanners.response,
      this.meter,
      () => this.isDraining && this.request.pendingRequestCount <= 1,
    );
    this.repeatable = new RepeatableRequest(this.request, this.downstream);
    this.wait = new AnswerWait(context, {
      isAwaited: (leg) => options.repeats && leg === this.leg && !this.response.isInResponse,
      onLate: (reason) => this.leg && this.legFailed(this.leg, reason, "onward_reset", lateAnswer),
    });
    this.treated = new TreatedRequest(context, {
      timedOut: (reason, failure) => this.timedOut(reason, failure),
      wasSlow: () => this.hedge(),
    });
    this.refusal = new OwnRefusal(context, {
      ...{ request: this.request, response: this.response, downstream: this.downstream },
      ...{ meter: this.meter, watch: this.watch },
      isInRequest: () => this.isInRequest,
      isRepeating: () => this.isRepeating,
      onSaid: () => this.finish(),
    });
    this.downstream.onBytes = (bytes, from, to) => {
      this.repeatable.forget();
      return this.take(bytes, from, to);
    };
    this.downstream.onEnd = () => this.downstreamEnded();
    this.downstream.onClosed = (error) => this.downstreamClosed(error);
  }

  get byteCount(): number {
    const { socket } = this.downstream;
    return socket.bytesRead + socket.bytesWritten + (this.leg?.group.byteCount ?? 0);
  }

  /** Of the newest request, while its leg is there. */
  get place(): FlowPlace | undefined {
    return placeOf(this.hop, this.leg);
  }

  /** Closes with the next response, or when none is to come. */
  drain(): void {
    this.isDraining = true;
    this.context.clock.after(idleGraceMs, () => this.afterProgress());
  }

  cut(): void {
    this.dropSecond();
    this.leg?.group.reset();
    this.downstream.reset();
  }

  /** Takes bytes of `downstream`. @returns whether all of them are passed on, and their memory free. */
  take(bytes: Buffer, from: number, to: number): boolean {
    if (this.isOver) return true;
    // What refuses or ends the flow inside `scan` wants the rest read, to find the end of it.
    if (!this.scan(bytes, from, to)) return this.isOver;
    if (this.options.repeats && !this.isInRequest && !this.hasPartialHead) this.repeatable.keep(bytes, to);
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
          if (to > at && !this.isInRequest && !this.response.isTunnel) this.hasPartialHead = true;
          this.flush(bytes);
          return true;
        case HTTP1_EVENT.head:
          this.isInRequest = true;
          this.requestCount++;
          this.hasPartialHead = false;
          this.meter.requestHead(request);
          if (!this.tryHead(bytes)) return this.hold(bytes, request.offset, to, true);
          break;
        case HTTP1_EVENT.body:
        case HTTP1_EVENT.tunnel:
          if (this.isDenied) break;
          this.out.run(bytes, request.from, request.to);
          this.leg?.requestTap?.copy(bytes, request.from, request.to);
          this.treated.copy?.copy(bytes, request.from, request.to);
          break;
        case HTTP1_EVENT.end:
          this.isInRequest = false;
          this.isDenied = false;
          this.treated.copy?.end();
          this.treated.copy = undefined;
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
    const route = this.options.route(request, this.requestCount);
    if (route.kind === "refused") {
      this.refuse(route.statusCode, route.code, route.reason);
      return false;
    }
    if (route.kind === "answered") return this.answer(bytes, route);
    if (route.kind === "delayed") return this.treated.delay(route.ms, () => this.goOn());
    if (request.pendingRequestCount > 1 && this.treated.mustWait(route)) return false;
    this.treated.begin(route, this.requestCount);
    if (leg !== undefined && leg.key === route.key && route.fits(leg)) {
      this.passHead(bytes, leg, route);
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

  /** Answers in the requests' order, and goes on behind the request. @returns false when that has to wait. */
  private answer(bytes: Buffer, { answer: own, series }: AnsweredRequest): boolean {
    const { request, response, downstream } = this;
    this.flush(bytes);
    if (this.isOpening || request.pendingRequestCount > 1 || response.isInResponse) return false;
    if (!downstream.isFlushed) {
      downstream.whenFlushed(() => this.goOn());
      return false;
    }
    this.note(own.code);
    const isHead = request.head.method === METHOD.head;
    // Whoever awaits leave to send a body may send none now, so that nobody knows where the next request begins.
    if (this.isDraining || !request.isKeepAlive || expectsContinue(request)) {
      const { statusCode, code } = own;
      const last = encodeAnswer({ ...own, mark: undefined }, { isHead, closes: true });
      this.refusal.set({ statusCode, code, answer: last });
      return false;
    }
    this.context.own.refuseRequest(own.statusCode);
    const before = this.series;
    this.series = series === undefined ? [] : [series];
    const answer = encodeAnswer(own, { isHead, closes: false });
    response.scan(answer, 0, answer.length);
    this.series = before;
    downstream.write(answer, 0, answer.length);
    this.isDenied = true;
    return true;
  }

  private note(code: string): void {
    const observation = this.watch.newest(this.request);
    if (observation === undefined) return;
    observation.flag = flagOfRefusal(code);
    observation.details = code;
    observation.policy = this.options.facts.policy;
  }

  private passHead(bytes: Buffer, leg: GatewayLeg, { treatment, copy }: RequestLegRoute): void {
    const { request, treated } = this;
    this.repeatable.headPassed();
    const isAlone = request.pendingRequestCount === 1;
    this.wait.asked(leg, isAlone);
    if (isAlone) leg.functionTimer?.handed();
    else leg.functionTimer?.forget();
    treated.attempt(leg);
    treated.copy = copy?.();
    const observation = this.watch.newest(request);
    if (observation !== undefined) observation.policy = this.options.facts.policy;
    const trace = observation?.span?.lines;
    const isChanged = trace !== undefined || treatment?.requestHead !== undefined || request.isStored;
    const isAsItCame = !isChanged && leg.servicePath === undefined && request.head.fields.nshLineStart < 0;
    if (isAsItCame) this.out.run(bytes, request.from, request.to);
    else this.out.piece(bytes, requestHeadFor(request, { treatment, trace }, leg.servicePath));
    if (treated.copy !== undefined) copyWhole(treated.copy, requestHeadFor(request, { treatment, trace }));
    if (leg.requestTap !== undefined) copyWhole(leg.requestTap, rewriteHead(request, undefined, trace));
  }

  /** @param waitMs before that */
  private open(route: RequestLegRoute, waitMs = 0): void {
    this.isOpening = true;
    this.watch.labels = route.series?.labels;
    const failed = (error: unknown): LegResult => ({ kind: "failed", by: "no_endpoint", reason: messageOf(error) });
    const { tried } = this.treated;
    const opened = () => (this.isOver ? Promise.reject(new Error("the client is gone")) : route.open(tried));
    (waitMs > 0 ? pause(this.context.clock, waitMs).then(opened) : opened()).catch(failed).then((result) => {
      this.isOpening = false;
      if (result.kind === "open" && (this.isOver || result.leg.group.isFailed)) return result.leg.group.reset();
      if (result.kind === "open") return this.begin({ ...result.leg, key: route.key }, route);
      if (this.isOver) return;
      this.context.own.refuseConnection(result.by);
      route.hop?.failRequest(result.by);
      this.refuse(503, result.by.replaceAll("_", "-"), result.reason, isOwnFault(result.by) ? "refused" : "stranded");
    });
  }

  private begin(leg: GatewayLeg, { series, hop, route }: RequestLegRoute, own = countOnLeg(leg)): void {
    this.leg = leg;
    this.hop = hop;
    this.series = [series, own, hop, route, leg.requests].filter((recorder) => recorder !== undefined);
    const { facts } = this.options;
    this.watch.labels = (series ?? own)?.labels;
    facts.upstream = upstreamText(leg);
    facts.function = hop?.labels.weft_function;
    facts.route = route?.labels.weft_route;
    leg.group.onFailed = (error, socket) => this.legFailed(leg, error.message, breakOf(leg, socket));
    leg.group.onEmpty = () => {
      if (own !== undefined) own.closedCount++;
      this.legClosed(leg);
    };
    if (leg.followAnswers === undefined) this.listen(leg, leg.response);
    else leg.followAnswers((socket) => this.listen(leg, socket));
    if (this.isRepeating) this.repeat(leg);
    this.goOn();
  }

  private listen(leg: GatewayLeg, response: ByteSocket): void {
    leg.response = response;
    response.onBytes = (bytes, from, to) => this.takeResponse(leg, bytes, from, to);
    response.onEnd = () => this.legEnded(leg);
    response.resume();
  }

  /** The request in flight met the end of its leg: it goes again on another one, if it can. */
  private openToRepeat(isUntouched: boolean): boolean {
    if (!this.treated.takeRepeat(this.repeatable.canRepeat(isUntouched))) return false;
    this.dropSecond();
    this.repeatable.showHead();
    const route = this.options.route(this.request, this.requestCount);
    if (route.kind !== "leg") return false;
    this.isRepeating = true;
    this.downstream.pause();
    this.open(route, this.treated.backoffMs());
    return true;
  }

  private repeat(leg: Leg): void {
    this.isRepeating = false;
    this.treated.attempt(leg);
    if (this.repeatable.send(leg, this.sentChanges)) this.downstream.resume();
    else leg.request.resumeWhenFlushed(this.downstream);
  }

  /** To the request in hand, as often as it is sent. */
  private get sentChanges(): SentChanges {
    return { treatment: this.treated.treatment, trace: this.watch.newest(this.request)?.span?.lines };
  }

  /** The request in hand is slow to be answered: another endpoint gets it, too, if it may. */
  private hedge(): void {
    const { request, repeatable, treated, context } = this;
    const isAwaited = this.leg !== undefined && request.pendingRequestCount === 1 && !this.response.isInResponse;
    if (!isAwaited || !treated.takeHedge(repeatable.canRepeat(false))) return;
    repeatable.showHead();
    const route = this.options.route(request, this.requestCount);
    if (route.kind !== "leg") return;
    this.second = new SecondLeg(context, {
      ...{ route, treated, repeatable, changes: this.sentChanges, downstream: this.downstream },
      onAnswer: (bytes, from, to) => {
        const leg = this.overtake();
        return leg === undefined || this.takeResponse(leg, bytes, from, to);
      },
    });
  }

  /** The request in hand goes on where it was sent second. @returns undefined where it was not */
  private overtake(): GatewayLeg | undefined {
    const { second, leg: first } = this;
    const sent = second?.take();
    this.second = undefined;
    if (second === undefined || sent === undefined) return undefined;
    this.treated.overtaken();
    if (first !== undefined) {
      this.wait.overtaken(first, sent.sentAtMs);
      this.leg = undefined;
      first.group.reset();
    }
    this.begin(sent.leg, second.route, sent.own);
    return sent.leg;
  }

  private dropSecond(): void {
    this.second?.drop();
    this.second = undefined;
  }

  /** Goes on with what was held. */
  private goOn(): void {
    const { held } = this;
    if (held === undefined || this.isOver || this.refusal.isSet) return;
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
    const { response } = this;
    if (this.isRefusedBy(leg, bytes, from, to) || this.isRetried(leg, bytes, from, to)) return true;
    this.wait.firstByte(leg);
    this.dropSecond();
    const changes = this.treated.answerHead(leg.endpoint);
    const verdict = response.scan(bytes, from, to, changes);
    if (verdict === "rejected") return this.rejectResponse(leg, bytes, from);
    leg.responseTap?.copy(bytes, from, to);
    const isFlushed = response.write(this.downstream, bytes, from, to);
    if (!isFlushed) this.downstream.resumeWhenFlushed(leg.response);
    if (!response.isInResponse && this.request.pendingRequestCount <= (this.isHeadHeld ? 1 : 0))
      this.treated.answered(response.statusCode);
    if (verdict === "last") this.finish();
    else if (!this.response.isInResponse) this.afterProgress();
    return isFlushed;
  }

  /** The answer is one that the request's route takes for a failure, and another attempt is made. */
  private isRetried(leg: GatewayLeg, bytes: Buffer, from: number, to: number): boolean {
    const { response, treated } = this;
    if (treated.treatment?.retry === undefined || response.isInResponse || response.isTunnel) return false;
    const statusCode = statusCodeOf(bytes, from, to);
    if (!treated.isFailure(statusCode)) return false;
    const before = this.series;
    if (this.overtake() !== undefined) {
      treated.record(before, statusCode);
      return true;
    }
    if (!this.openToRepeat(false)) return false;
    this.wait.firstByte(leg);
    treated.attemptOver();
    treated.record(before, statusCode);
    this.leg = undefined;
    endInOrder(this.context, leg);
    return true;
  }

  /** Of the request in hand, which its route gives only so much time. */
  private timedOut(reason: string, failure: LegFailure): void {
    if (this.isOver) return;
    const { leg } = this;
    const isHeld = this.isHeadHeld && this.treated.requestNumber === this.requestCount;
    if (leg !== undefined && !isHeld) this.legFailed(leg, reason, "onward_reset", failure);
    else this.refuse(failure.statusCode, failure.code, reason);
  }

  /** The proxy behind the leg did not pass the request on. Another may, and the client need not know. */
  private isRefusedBy(leg: GatewayLeg, bytes: Buffer, from: number, to: number): boolean {
    const isFirst = !this.response.isInResponse && !this.response.isTunnel && this.request.pendingRequestCount === 1;
    if (leg.servicePath === undefined || !isFirst) return false;
    const mark = refusalMarkOf(bytes, from, to);
    if (mark === undefined) return false;
    this.context.own.refuseDial(mark);
    if (mark === "stranded" || leg.endpoint === undefined) return false;
    this.context.breakers.eject(leg.endpoint, this.context.clock.nowMs());
    if (!this.options.repeats || !this.openToRepeat(true)) return false;
    this.leave(leg);
    return true;
  }

  /** Whole responses in front of what is none still belong to the client. */
  private rejectResponse(leg: GatewayLeg, bytes: Buffer, from: number): boolean {
    const { response } = this;
    const isFlushed = response.isInResponse || response.write(this.downstream, bytes, from, response.completeTo);
    if (!isFlushed) this.downstream.resumeWhenFlushed(leg.response);
    this.legFailed(leg, `response is out of protocol: ${response.reason}`, breakOf(leg, leg.response), malformedAnswer);
    if (!this.isOver) this.finish();
    return isFlushed;
  }

  /** A response is complete, or a leg is gone: what waited for it may go on. */
  private afterProgress(): void {
    if (this.isOver) return;
    if (this.refusal.isSet) {
      this.refusal.sayInTurn();
      return;
    }
    if (this.held !== undefined) {
      this.goOn();
      return;
    }
    if (this.isIdle && (this.isDraining || this.downstream.hasEnded)) this.finish();
  }

  private get isIdle(): boolean {
    return (
      this.request.pendingRequestCount === 0 && !this.isInRequest && !this.hasPartialHead && !this.response.isTunnel
    );
  }

  private refuse(statusCode: number, code: string, reason: string, mark?: RefusalMark): void {
    const shown = this.options.marksRefusals === true ? mark : undefined;
    this.refusal.set({ statusCode, code, answer: errorAnswer(statusCode, code, reason, shown) });
  }

  private watchFailure(flag: ResponseFlag, details: string, answer = { statusCode: 0, byteCount: 0 }): void {
    this.meter.fail({ flag, details }, this.request, answer);
  }

  private legEnded(leg: GatewayLeg): void {
    if (leg !== this.leg || this.isOver) return;
    if (this.response.isTunnel) {
      this.downstream.end();
      return;
    }
    if (this.response.finish()) this.finish();
    else this.legFailed(leg, "connection ended before the response", breakOf(leg, leg.response));
  }

  /** The leg cannot go on; between requests nobody needs to know. */
  private legFailed(leg: GatewayLeg, reason: string, by: HopBreak, failure: LegFailure = brokenLeg): void {
    if (leg !== this.leg || this.isOver) return;
    this.wait.stop();
    this.treated.attemptOver();
    this.leave(leg);
    if (this.response.isInResponse || this.response.isTunnel) {
      this.context.own.failedFlowCount++;
      this.hop?.failRequest(by);
      this.watchFailure(failure.flag ?? flagOfBreak(by), "", this.response.seen);
      this.isOver = true;
      this.treated.over();
      this.downstream.reset();
      return;
    }
    const isAwaited = this.request.pendingRequestCount > (this.isHeadHeld ? 1 : 0);
    if (!isAwaited) {
      // What is left of a request that was answered early has nowhere to go.
      if (this.isInRequest && !this.isHeadHeld && !this.isDenied) this.finish();
      else this.afterProgress();
      return;
    }
    if (leg.endpoint !== undefined) this.context.breakers.countFailure(leg.endpoint, this.context.clock.nowMs());
    if (failure.mayRepeat && (this.overtake() !== undefined || this.openToRepeat(false))) return;
    this.hop?.failRequest(by);
    // The oldest request gets the answer; that the connection closes after it tells of the others.
    this.context.own.refuseRequest(failure.statusCode);
    const answer = errorAnswer(failure.statusCode, failure.code, reason);
    this.treated.failed();
    this.downstream.write(answer, 0, answer.length);
    const { statusCode, code, flag = flagOfBreak(by) } = failure;
    this.watchFailure(flag, code, { statusCode, byteCount: answer.length });
    this.finish();
  }

  private legClosed(leg: GatewayLeg): void {
    if (leg === this.leg) this.leg = undefined;
    if (this.isOver && this.leg === undefined && this.downstream.isClosed) this.closed();
  }

  /** Parts with a leg: in order when all its requests are answered. */
  private leave(leg: GatewayLeg): void {
    this.leg = undefined;
    if (leg.group.isFailed) return;
    const isAnswered = this.request.pendingRequestCount <= (this.isHeadHeld || this.isInRequest ? 1 : 0);
    if (!isAnswered || this.response.isInResponse) {
      leg.group.reset();
      return;
    }
    endInOrder(this.context, leg);
  }

  /** Everything is said: ends both sides, and lets what still comes pass by. */
  private finish(): void {
    this.isOver = true;
    this.wait.stop();
    this.dropSecond();
    this.treated.over();
    this.treated.dropCopy();
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
    if (this.response.isTunnel) {
      this.leg?.request.end();
      return;
    }
    const isBroken = this.request.finish() === HTTP1_EVENT.rejected;
    // The rest of a head that was begun will not come; the requests before it are answered.
    this.hasPartialHead = false;
    if ((isBroken && this.isInRequest) || this.isIdle) {
      this.finish();
      return;
    }
    this.leg?.request.end();
  }

  private downstreamClosed(error: Error | undefined): void {
    const isCutShort = !this.isOver && this.request.pendingRequestCount > 0;
    this.isOver = true;
    this.wait.stop();
    this.dropSecond();
    this.treated.over();
    this.treated.dropCopy();
    const { leg } = this;
    if (isCutShort) {
      this.hop?.failRequest("source_reset");
      this.watchFailure("DC", "", this.response.seen);
    }
    if (error !== undefined) this.context.own.failedFlowCount++;
    if (leg === undefined) {
      this.closed();
      return;
    }
    if (error !== undefined || this.request.pendingRequestCount > 0) leg.group.reset();
    else endInOrder(this.context, leg);
  }

  /** Legs that were left earlier may close later. */
  private closed(): void {
    if (this.hasClosed) return;
    this.hasClosed = true;
    // Those that came behind the last one that this connection answered.
    this.watchFailure("UC", "");
    this.options.onClosed();
  }

  private flush(bytes: Buffer): void {
    this.out.flush(bytes, this.leg?.request);
  }
}
