/** A client's connection whose streams go their ways one by one: each is a request that finds its own class and endpoint. */
import type { TraceLines } from "../codec/http1/rewrite-head.ts";
import { ERROR_CODE } from "../codec/http2/error-code.ts";
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { SessionEvents } from "../codec/http2/session/http2-session.ts";
import type { SessionStream } from "../codec/http2/session/session-stream.ts";
import type { FlowFacts, Observation } from "../observe/observation.ts";
import type { Places } from "../probe/places.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { FlowPhase } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { FlowPlace } from "../relay/flow-place.ts";
import type { OwnAnswer } from "../steer/error-answer.ts";
import { idleGraceMs } from "../steer/idle-grace.ts";
import type { SecondStream } from "./second-stream.ts";
import { type SessionDeps, SessionSocket } from "./session-socket.ts";
import { StreamMirror } from "./stream-mirror.ts";
import type { StreamOwner } from "./stream-owner.ts";
import { type RelayHost, type StreamEnding, StreamRelay } from "./stream-relay.ts";
import type { StreamRoute } from "./stream-route.ts";
import { type Steering, UpstreamPool } from "./upstream-pool.ts";

export interface Http2GatewayOptions {
  readonly downstream: ByteSocket;
  /** Off paths. */
  readonly pool: UpstreamPool;
  readonly deps: SessionDeps;
  /** For copies of requests. */
  readonly mirrors: Places;
  /** Asked for each request, by the snapshot of its time, and again when it waited or is sent once more. */
  readonly route: (relay: StreamRelay) => StreamRoute;
  /** Of the connection, for whoever watches. */
  readonly facts: FlowFacts;
  readonly onClosed: () => void;
}

export class Http2Gateway implements FlowPhase, SessionEvents<StreamOwner>, RelayHost {
  readonly attemptsMax: number;

  private readonly context: ProxyContext;
  private readonly options: Http2GatewayOptions;
  private readonly at: SessionSocket;
  /** On paths the client's requests have connections of their own: a function sees the flow of one client, and knows it. */
  private readonly paths: UpstreamPool;
  private relayCount = 0;
  private isLeaving = false;
  private hasLastId = false;

  constructor(context: ProxyContext, options: Http2GatewayOptions) {
    this.context = context;
    this.options = options;
    this.attemptsMax = context.config.connectAttemptsMax;
    const { downstream, deps } = options;
    this.paths = new UpstreamPool(context, deps);
    this.at = new SessionSocket("server", downstream, { deps, events: this });
    downstream.onBytes = (bytes, from, to) => this.at.take(bytes, from, to);
    downstream.onEnd = () => this.downstreamEnded();
    downstream.onClosed = (error) => this.closed(error);
  }

  /** Reads what comes. */
  begin(): void {
    const { downstream } = this.options;
    downstream.resume();
    if (downstream.hasEnded) this.downstreamEnded();
  }

  get byteCount(): number {
    const { socket } = this.options.downstream;
    return socket.bytesRead + socket.bytesWritten;
  }

  get place(): FlowPlace | undefined {
    return this.paths.place;
  }

  /** RFC 9113 section 6.8: first a warning, then, when no more requests can be on their way, the last stream's number. */
  drain(): void {
    if (this.isLeaving) return;
    this.isLeaving = true;
    this.at.session.goAway();
    this.at.touch();
    this.context.clock.after(idleGraceMs, () => this.sayLastId(this.at.session.lastStreamId));
  }

  cut(): void {
    this.options.downstream.reset();
  }

  request(stream: SessionStream<StreamOwner>, fields: HeaderFields, isEnd: boolean): void {
    const observation = this.watch(fields);
    const sent = observation?.span === undefined ? fields : traced(fields, observation.span.lines);
    const relay = new StreamRelay(this, { down: { at: this.at, stream }, fields: sent, isEnd, observation });
    stream.owner = relay;
    this.relayCount++;
    if (fields.isTooLarge) {
      relay.answer({ statusCode: 431, code: "headers-too-large", reason: "the header list is too large" });
    } else this.steer(relay);
  }

  response(): void {}

  trailers(stream: SessionStream<StreamOwner>, fields: HeaderFields): void {
    stream.owner?.requestTrailers(fields);
  }

  data(stream: SessionStream<StreamOwner>, bytes: Buffer, from: number, to: number, isEnd: boolean): void {
    stream.owner?.requestData(bytes, from, to, isEnd);
  }

  reset(stream: SessionStream<StreamOwner>, code: number): void {
    stream.owner?.abandoned(code);
  }

  windowOpened(): void {
    this.at.pump();
  }

  /** A client that goes away opens no more streams, and ends the connection itself. */
  goAway(): void {}

  failed(code: number, reason: string): void {
    this.context.log.debug("a client speaks HTTP/2 out of protocol", { code, reason });
    this.context.own.failedFlowCount++;
    this.abandonAll();
    this.at.end();
  }

  /** Called by requests. */
  steer(relay: StreamRelay): void {
    if (relay.isOver) return;
    const route = this.options.route(relay);
    switch (route.kind) {
      case "steered": {
        const { steering, treatment } = route;
        if (treatment !== undefined) relay.treat(this.context, route);
        if (route.mirrors !== undefined && !relay.isMirrored) this.mirror(relay, route.mirrors());
        this.poolFor(steering).steer(relay, steering);
        return;
      }
      case "answered":
        relay.answer(route.answer);
        return;
      case "delayed":
        this.context.clock.after(route.ms, () => this.steer(relay));
        return;
      case "elsewhere":
        relay.refuse();
        this.isLeaving = true;
        this.sayLastId(this.at.session.lastStreamId - 2);
    }
  }

  steerSecond(relay: StreamRelay, second: SecondStream): void {
    const route = this.options.route(relay);
    if (route.kind === "steered") this.poolFor(route.steering).steer(second, route.steering);
    else second.drop();
  }

  private poolFor({ course }: Steering): UpstreamPool {
    return course.path === undefined ? this.options.pool : this.paths;
  }

  private mirror(relay: StreamRelay, targets: readonly Steering[]): void {
    const mirrors = targets.flatMap((to) => {
      const leave = this.options.mirrors.enter();
      if (leave !== undefined) return { to, mirror: new StreamMirror(this.context, relay.sentFields, leave) };
      this.context.own.loseCopy("limit");
      return [];
    });
    relay.mirror(mirrors.map(({ mirror }) => mirror));
    for (const { to, mirror } of mirrors) this.options.pool.steer(mirror, to);
  }

  refused({ statusCode }: OwnAnswer): void {
    this.context.own.refuseRequest(statusCode);
  }

  observe(observation: Observation, end: StreamEnding): void {
    const { observer, clock } = this.context;
    const labels = end.labels ?? observation.facts.labels("http");
    observer.end({ ...end, observation, labels, durationMs: clock.nowMs() - observation.startMs });
  }

  over(): void {
    this.relayCount--;
    this.endIfDone();
  }

  /** Each stream goes its own way, so that its facts are its own. */
  private watch(fields: HeaderFields): Observation | undefined {
    const { observer, clock } = this.context;
    if (!observer.isWatching) return undefined;
    return observer.http2({ ...this.options.facts }, fields, clock.nowMs());
  }

  private sayLastId(lastStreamId: number): void {
    if (this.hasLastId || this.at.session.isOver || this.options.downstream.isClosed) return;
    this.hasLastId = true;
    this.at.session.goAway(Math.max(0, lastStreamId));
    this.at.touch();
    this.endIfDone();
  }

  private downstreamEnded(): void {
    this.isLeaving = true;
    this.hasLastId = true;
    this.endIfDone();
  }

  private endIfDone(): void {
    if (this.hasLastId && this.relayCount === 0) this.at.end();
  }

  private abandonAll(): void {
    for (const stream of [...this.at.session.streams.values()]) stream.owner?.abandoned(ERROR_CODE.cancel);
  }

  private closed(error: Error | undefined): void {
    if (error !== undefined) this.context.own.failedFlowCount++;
    this.abandonAll();
    this.paths.close();
    this.options.onClosed();
  }
}

function traced(fields: HeaderFields, { traceparent, dropsTracestate }: TraceLines): HeaderFields {
  return fields.with("traceparent", traceparent, dropsTracestate ? ["traceparent", "tracestate"] : ["traceparent"]);
}
