/** One request from its client's stream to the stream of an upstream connection, to another one where that may be, and back. */
import { ERROR_CODE } from "../codec/http2/error-code.ts";
import { changeFields } from "../codec/http2/field-changes.ts";
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { SessionStream } from "../codec/http2/session/session-stream.ts";
import { idempotentMethods } from "../codec/idempotent-methods.ts";
import type { HopError, HopSeries } from "../meter/hop-series.ts";
import type { RouteSeries } from "../meter/route-series-table.ts";
import type { RequestRecord, TrafficLabels } from "../meter/traffic-series.ts";
import type { Observation } from "../observe/observation.ts";
import { flagOfRefusal, type ResponseFlag } from "../observe/response-flag.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { OwnAnswer } from "../steer/error-answer.ts";
import type { LegFailure } from "../treat/leg-failure.ts";
import type { RequestDraws } from "../treat/request-draws.ts";
import type { RequestLegRoute } from "../treat/request-route.ts";
import { TreatedRequest } from "../treat/treated-request.ts";
import { encodeAnswer } from "./own-answer.ts";
import { SecondStream } from "./second-stream.ts";
import type { StreamMirror } from "./stream-mirror.ts";
import type { StreamOwner } from "./stream-owner.ts";
import { type StreamEnd, StreamPipe } from "./stream-pipe.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import { openExchange, recordExchange, type UpstreamExchange } from "./upstream-exchange.ts";

/** What a request needs of its surroundings. */
export interface RelayHost {
  /** Finds it a connection, sooner or later: calls `attach` or `answer`. */
  steer(relay: StreamRelay): void;
  /** Finds a connection for a second stream of it, which is dropped where there is none. */
  steerSecond(relay: StreamRelay, second: SecondStream): void;
  /** It has answered with an error of the proxy's own. */
  refused(answer: OwnAnswer): void;
  over(): void;
  /** A request that is watched is over. */
  observe(observation: Observation, end: StreamEnding): void;
  readonly attemptsMax: number;
}

/** What became of a request, as its client sees it. */
export interface StreamEnding {
  readonly statusCode: number;
  readonly grpcStatus: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Undefined where it never had an endpoint. */
  readonly labels: TrafficLabels | undefined;
}

interface RelayedRequest {
  readonly down: StreamEnd;
  readonly fields: HeaderFields;
  readonly isEnd: boolean;
  /** Set where it is watched. */
  readonly observation: Observation | undefined;
}

export class StreamRelay implements StreamOwner {
  /** Endpoints that had their chance, by key. */
  readonly tried = new Set<string>();
  /** Whether nobody has been asked to find it a connection yet. */
  isNew = true;
  isOver = false;
  /** As the client sent them. */
  readonly fields: HeaderFields;
  /** What chance decides of it, where a route has it do so. */
  draws: RequestDraws | undefined;
  /** Where it is put on a path. */
  hop: HopSeries | undefined;
  /** The HTTPRoute that sends it on. */
  route: RouteSeries | undefined;

  private readonly observation: Observation | undefined;
  /** Of the connection that it was on last. */
  private labels: TrafficLabels | undefined;
  private readonly host: RelayHost;
  private readonly down: StreamEnd;
  private readonly upload: StreamPipe;
  private readonly download: StreamPipe;
  private up: UpstreamExchange | undefined;
  /** It is there, too, and has no answer; or carries it on by now. */
  private second: SecondStream | undefined;
  private treated: TreatedRequest | undefined;
  /** Undefined before it was said whether there are any. */
  private mirrors: readonly StreamMirror[] | undefined;
  private hasResponse = false;
  /** Of the response, as far as it has come; 0 and -1 without. */
  private statusCode = 0;
  private grpcStatus = -1;
  /** Comes behind the rest of the response. */
  private lateReset = -1;
  /** Of the exchange that answered it. */
  private record: RequestRecord | undefined;

  constructor(host: RelayHost, request: RelayedRequest) {
    this.host = host;
    this.observation = request.observation;
    this.fields = request.fields;
    this.down = request.down;
    const onProgress = () => this.afterProgress();
    this.upload = new StreamPipe({ isRepeatable: true, onProgress });
    this.download = new StreamPipe({ isRepeatable: false, onProgress });
    this.upload.from(this.down);
    this.upload.isEnded = request.isEnd;
    this.download.to(this.down);
  }

  /** Whether it has been answered as far as its endpoint's health goes. */
  get isAnswered(): boolean {
    return this.hasResponse;
  }

  /** Whether endpoints may have it that have had it, when there is no other. */
  get mayTryAgain(): boolean {
    return this.treated?.treatment?.retry !== undefined;
  }

  /** As they go on. */
  get sentFields(): HeaderFields {
    const changes = this.treated?.treatment?.requestFields;
    return changes === undefined ? this.fields : changeFields(this.fields, changes);
  }

  get isMirrored(): boolean {
    return this.mirrors !== undefined;
  }

  /** They get all that it gets. */
  mirror(mirrors: readonly StreamMirror[]): void {
    this.mirrors = mirrors;
    for (const mirror of mirrors) this.upload.show(mirror);
  }

  /** Has it treated as its route says; what was said first counts. */
  treat(context: ProxyContext, treated: Pick<RequestLegRoute, "treatment" | "session">): void {
    this.treated ??= new TreatedRequest(context, {
      timedOut: (reason, failure) => this.timedOut(reason, failure),
      wasSlow: () => this.hedge(),
    });
    this.treated.begin(treated, 1);
  }

  /** @returns false when the connection takes no more streams. */
  attach(connection: UpstreamConnection): boolean {
    const up = openExchange(this, connection);
    if (up === undefined) return false;
    this.tried.add(connection.key);
    this.follow(up);
    connection.at.session.sendHeaders(up.stream, this.sentFields, this.upload.isHeadOnly);
    this.treated?.attempt(connection);
    connection.at.touch();
    this.upload.to(up);
    return true;
  }

  private follow(up: UpstreamExchange): void {
    this.up = up;
    this.download.from(up);
    if (this.observation !== undefined) this.observation.facts.upstream = up.connection.upstream;
  }

  /** It is slow to be answered: another endpoint gets it, too, if it may. */
  private hedge(): void {
    const { up, treated, upload } = this;
    if (up === undefined || treated === undefined || this.hasResponse || !upload.isDone) return;
    const { kept } = upload;
    if (kept === undefined || !treated.takeHedge(this.isIdempotent)) return;
    const second = new SecondStream({
      ...{ fields: this.sentFields, kept, tried: this.tried },
      isFailure: (statusCode) => treated.isFailure(statusCode),
      onAnswer: (fields, isEnd) => {
        if (this.overtake() && this.up !== undefined) this.response(this.up.stream, fields, isEnd, false);
      },
    });
    this.second = second;
    this.host.steerSecond(this, second);
  }

  /** It goes on where it was sent second. @returns whether it was */
  private overtake(): boolean {
    const exchange = this.second?.take();
    if (exchange === undefined) return false;
    const { up } = this;
    this.treated?.overtaken();
    up?.connection.took(up.connection.nowMs() - up.startMs);
    this.giveUp(ERROR_CODE.cancel);
    exchange.stream.owner = this;
    this.follow(exchange);
    return true;
  }

  /** In the proxy's own words; then the request is over. @param error of the hop at which it came on its path */
  answer(answer: OwnAnswer, error: HopError = "no_endpoint"): void {
    if (this.isOver) return;
    this.host.refused(answer);
    this.treated?.failed();
    const { fields, body } = encodeAnswer(answer, this.fields);
    this.statusCode = answer.statusCode;
    this.note(answer.statusCode === 502 ? "UC" : flagOfRefusal(answer.code), answer.code);
    this.down.at.session.sendHeaders(this.down.stream, fields, body === undefined);
    if (body !== undefined) this.down.at.session.sendData(this.down.stream, body, 0, body.length, true);
    this.down.at.session.reset(this.down.stream, ERROR_CODE.none);
    this.down.at.touch();
    this.finish(error);
  }

  /** The stream is as if it had never been. */
  refuse(): void {
    this.note("LR");
    this.hop = undefined;
    this.resetDown(ERROR_CODE.refusedStream, undefined);
  }

  requestData(bytes: Buffer, from: number, to: number, isEnd: boolean): void {
    if (this.mirrors !== undefined) for (const mirror of this.mirrors) mirror.requestData(bytes, from, to, isEnd);
    this.upload.take(bytes, from, to, isEnd);
  }

  requestTrailers(fields: HeaderFields): void {
    if (this.mirrors !== undefined) for (const mirror of this.mirrors) mirror.requestTrailers(fields);
    this.upload.takeEnd(fields);
  }

  /** The client broke off, or is gone. */
  abandoned(code: number): void {
    if (this.isOver) return;
    this.giveUp(code);
    this.note("DC");
    this.finish("source_reset");
  }

  response(stream: SessionStream<StreamOwner>, fields: HeaderFields, isEnd: boolean, isInterim: boolean): void {
    if (stream !== this.up?.stream) return;
    if (!isInterim) {
      this.statusCode = Number(fields.get(":status"));
      this.readGrpcStatus(fields);
      this.up.connection.answered(this.up.connection.nowMs() - this.up.startMs);
      if (this.isRetried(this.up)) return;
      this.hasResponse = true;
      this.second?.drop();
      this.upload.forget();
    }
    const changes = isInterim ? undefined : this.treated?.answerFields(this.up.connection.endpoint);
    const changed = changes === undefined ? fields : changeFields(fields, changes);
    this.down.at.session.sendHeaders(this.down.stream, changed, isEnd);
    this.down.at.touch();
    if (!isEnd) return;
    this.download.isEnded = true;
    this.download.isDone = true;
    this.afterProgress();
  }

  responseData(bytes: Buffer, from: number, to: number, isEnd: boolean): void {
    this.download.take(bytes, from, to, isEnd);
  }

  responseTrailers(fields: HeaderFields): void {
    this.readGrpcStatus(fields);
    this.download.takeEnd(fields);
  }

  /** The upstream's stream is gone. `isOwn`: because what came on it was malformed. */
  upstreamReset(code: number, isOwn: boolean): void {
    this.settle();
    if (this.isOver) return;
    if (this.download.isEnded) {
      this.lateReset = code;
      this.afterProgress();
    } else if (code === ERROR_CODE.refusedStream ? this.again(true) : this.mayTryAgain && this.again(false)) return;
    else if (isOwn && !this.hasResponse) this.answer(failed("response is out of protocol"), "onward_reset");
    else this.resetDown(code, "onward_reset");
  }

  /** The upstream's connection is gone. `isUntouched`: it said before that it had not begun with this one. */
  upstreamBroke(isUntouched: boolean, reason: string): void {
    this.settle();
    if (this.isOver) return;
    if (this.download.isEnded) {
      this.lateReset = ERROR_CODE.none;
      this.afterProgress();
    } else if (this.again(isUntouched)) return;
    else if (this.hasResponse) this.resetDown(ERROR_CODE.internal, "onward_reset");
    else this.answer(failed(reason), "onward_reset");
  }

  /** Its answer is one that its route takes for a failure, and another attempt is made. */
  private isRetried(up: UpstreamExchange): boolean {
    if (this.treated?.isFailure(this.statusCode) !== true || !this.again(false)) return false;
    up.at.session.reset(up.stream, ERROR_CODE.cancel);
    up.at.touch();
    return true;
  }

  /** Its route gives it only so much time. */
  private timedOut(reason: string, { statusCode, code, mayRepeat }: LegFailure): void {
    if (this.isOver || this.download.isDone) return;
    if (!this.hasResponse) this.up?.connection.countFailure();
    this.giveUp(ERROR_CODE.cancel);
    if (this.hasResponse) this.resetDown(ERROR_CODE.cancel, "onward_reset");
    else if (!mayRepeat || !this.again(false)) this.answer({ statusCode, code, reason }, "onward_reset");
  }

  private get isIdempotent(): boolean {
    return idempotentMethods.has(this.fields.get(":method") ?? "");
  }

  private giveUp(code: number): void {
    const { up } = this;
    if (up === undefined) return;
    up.at.session.reset(up.stream, code);
    up.at.touch();
    this.settle();
  }

  /** On another endpoint, if one has it already or it can be sent again. */
  private again(isUntouched: boolean): boolean {
    const { treated } = this;
    const canRepeat = (isUntouched || this.isIdempotent) && this.upload.isRepeatable;
    if (this.hasResponse) return false;
    if (this.overtake()) return true;
    if (treated !== undefined && this.mayTryAgain) {
      if (!treated.takeRepeat(canRepeat)) return false;
    } else if (!canRepeat || this.tried.size >= this.host.attemptsMax) return false;
    this.settle();
    this.second?.drop();
    this.upload.rewind();
    this.isNew = false;
    const waitMs = treated?.backoffMs() ?? 0;
    if (treated === undefined || waitMs === 0) this.host.steer(this);
    else treated.delay(waitMs, () => this.host.steer(this));
    return true;
  }

  private resetDown(code: number, error: HopError | undefined): void {
    if (code !== ERROR_CODE.none) this.note("UR");
    this.down.at.session.reset(this.down.stream, code);
    this.down.at.touch();
    this.finish(error);
  }

  private afterProgress(): void {
    if (this.up?.stream.isClosed === true) this.settle();
    if (this.isOver || !this.download.isDone) return;
    if (this.lateReset >= 0 && !this.down.stream.isClosed) this.resetDown(this.lateReset, undefined);
    else if (this.down.stream.isClosed && this.up === undefined) this.finish(undefined);
  }

  private readGrpcStatus(fields: HeaderFields): void {
    const status = fields.get("grpc-status");
    if (status !== undefined) this.grpcStatus = /^\d{1,2}$/.test(status) ? Number(status) : -1;
  }

  /** The exchange with the upstream is over: it counts, whatever becomes of the client's side. */
  private settle(): void {
    const { up, statusCode, grpcStatus } = this;
    if (up === undefined) return;
    this.up = undefined;
    this.treated?.attemptOver();
    this.record = recordExchange(up, { statusCode, grpcStatus });
    if (this.observation !== undefined) this.labels = up.connection.labels;
  }

  private note(flag: ResponseFlag, details = ""): void {
    if (this.observation === undefined || this.observation.flag !== "") return;
    this.observation.flag = flag;
    this.observation.details = details;
  }

  private finish(error: HopError | undefined): void {
    this.isOver = true;
    for (const mirror of this.mirrors ?? []) mirror.abandoned(ERROR_CODE.cancel);
    if (this.download.isDone) this.treated?.answered(this.statusCode);
    else this.treated?.over();
    if (error !== undefined) this.hop?.failRequest(error);
    else if (this.record !== undefined) this.hop?.record(this.record);
    if (error === undefined && this.record !== undefined) this.route?.record(this.record);
    this.upload.stop();
    this.download.stop();
    this.second?.stop();
    if (this.observation !== undefined) {
      const { statusCode, grpcStatus, labels } = this;
      this.observation.facts.route = this.route?.labels.weft_route;
      const { requestBytes = 0, responseBytes = 0 } = this.record ?? {};
      this.host.observe(this.observation, { statusCode, grpcStatus, requestBytes, responseBytes, labels });
    }
    this.host.over();
  }
}

function failed(reason: string): OwnAnswer {
  return { statusCode: 502, code: "upstream-failed", reason };
}
