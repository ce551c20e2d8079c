/** A connection to another proxy whose streams are requests of many clients. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { ERROR_CODE } from "../codec/http2/error-code.ts";
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { SessionEvents } from "../codec/http2/session/http2-session.ts";
import type { SessionStream } from "../codec/http2/session/session-stream.ts";
import { formatEndpoint } from "../codec/proxy-protocol.ts";
import { outcomeOf } from "../guard/outcome-of.ts";
import { attributeTo } from "../meter/connection-meter.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { RequestRecord, TrafficLabels, TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { type CopySink, toAll } from "../relay/copy-sink.ts";
import { endpointKey } from "../steer/breakers.ts";
import type { MeshConnection } from "../steer/dial-mesh.ts";
import type { FlowCopies } from "../steer/open-copies.ts";
import { type SessionDeps, SessionSocket } from "./session-socket.ts";
import type { StreamOwner } from "./stream-owner.ts";

/** Streams at a time, whatever the peer allows: more than that share a window and a core of the application. */
const STREAMS_MAX = 100;

export interface UpstreamConnectionOptions {
  readonly connection: MeshConnection;
  readonly deps: SessionDeps;
  /** The hop at which its requests are put on a path. */
  readonly hop: HopSeries | undefined;
  readonly copies: FlowCopies;
}

export class UpstreamConnection implements SessionEvents<StreamOwner> {
  readonly at: SessionSocket;
  readonly key: string;
  readonly hop: HopSeries | undefined;
  /** No new streams. */
  isLeaving = false;
  isClosed = false;
  /** Since the pool looked last. */
  wasUsed = true;
  /** A stream ended, or the connection is gone. */
  onRoom: () => void = () => {};

  private readonly context: ProxyContext;
  private readonly connection: MeshConnection;
  private readonly series: TrafficSeries;
  private readonly copies: FlowCopies;

  constructor(context: ProxyContext, { connection, deps, hop, copies }: UpstreamConnectionOptions) {
    this.context = context;
    this.connection = connection;
    this.hop = hop;
    this.copies = copies;
    const { socket, endpoint, seriesFor } = connection;
    this.key = endpointKey(endpoint);
    this.series = seriesFor("http");
    this.series.openedCount++;
    attributeTo(this.series, socket, true);
    if (copies.request.length > 0) copyTo(socket, toAll(copies.request), toAll(copies.response));
    socket.onBytes = (bytes, from, to) => this.at.take(bytes, from, to);
    socket.onEnd = () => this.ended();
    socket.onClosed = (error) => this.closed(error);
    this.at = new SessionSocket("client", socket, { deps, events: this });
    if (socket.isClosed) this.closed(socket.error);
    else socket.resume();
  }

  get endpoint(): WeightedEndpoint {
    return this.connection.endpoint;
  }

  get hasRoom(): boolean {
    const { session } = this.at;
    return !this.isLeaving && session.streams.size < Math.min(STREAMS_MAX, session.peerStreamsMax);
  }

  /** The pod that has its requests, as `namespace/name`. */
  get pod(): string {
    return this.connection.endpoint.pod;
  }

  get isIdle(): boolean {
    return this.at.session.streams.size === 0;
  }

  get labels(): TrafficLabels {
    return this.series.labels;
  }

  /** As `address:port`. */
  get upstream(): string {
    return formatEndpoint(this.connection.endpoint);
  }

  nowMs(): number {
    return this.context.clock.nowMs();
  }

  /** A request is given to it. */
  began(): void {
    const { breakers, loads } = this.context;
    breakers.began(this.connection.endpoint, this.nowMs());
    loads.began(this.key);
    this.connection.guard?.occupancy.requestBegan(this.key);
  }

  record(request: RequestRecord): void {
    this.context.loads.ended(this.key);
    this.series.record(request);
    const { guard, endpoint } = this.connection;
    guard?.occupancy.requestEnded(this.key);
    if (request.statusCode > 0) guard?.observe(endpoint, outcomeOf(request), this.nowMs());
    this.wasUsed = true;
    if (this.isLeaving && this.isIdle) this.at.end();
    this.onRoom();
  }

  /** @param ms from the request's head to that of its response */
  answered(ms: number): void {
    this.context.breakers.answered(this.connection.endpoint, this.nowMs());
    this.took(ms);
  }

  /** So long, at least, whether or not an answer came. */
  took(ms: number): void {
    const { loads, responseTimes } = this.context;
    loads.answered(this.key, ms);
    responseTimes.observe(this.connection.group, this.key, ms, this.nowMs());
  }

  /** Ends when its streams have. */
  leave(): void {
    this.isLeaving = true;
    if (this.isIdle) this.at.end();
  }

  /** Resets it. */
  cut(): void {
    this.isLeaving = true;
    this.connection.socket.reset();
  }

  request(): void {}

  response(stream: SessionStream<StreamOwner>, fields: HeaderFields, isEnd: boolean, isInterim: boolean): void {
    stream.owner?.response(stream, fields, isEnd, isInterim);
  }

  trailers(stream: SessionStream<StreamOwner>, fields: HeaderFields): void {
    stream.owner?.responseTrailers(fields);
  }

  data(stream: SessionStream<StreamOwner>, bytes: Buffer, from: number, to: number, isEnd: boolean): void {
    stream.owner?.responseData(bytes, from, to, isEnd);
  }

  reset(stream: SessionStream<StreamOwner>, code: number, isOwn: boolean): void {
    const { owner } = stream;
    if (owner === undefined) return;
    if (!owner.isAnswered) this.countFailure();
    owner.upstreamReset(code, isOwn);
  }

  windowOpened(): void {
    this.at.pump();
    this.onRoom();
  }

  goAway(lastStreamId: number): void {
    this.isLeaving = true;
    const { session } = this.at;
    for (const stream of [...session.streams.values()]) {
      if (stream.id <= lastStreamId) continue;
      session.reset(stream, ERROR_CODE.cancel);
      stream.owner?.upstreamBroke(true, "the endpoint goes away");
    }
    this.leave();
    this.at.touch();
  }

  failed(_: number, reason: string): void {
    this.context.log.debug("an upstream speaks HTTP/2 out of protocol", { endpoint: this.key, reason });
    this.breakStreams(`connection is out of protocol: ${reason}`);
    this.at.end();
  }

  /** Nothing more will be answered. */
  private ended(): void {
    this.breakStreams("connection ended before the response");
    this.at.end();
  }

  private closed(error: Error | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.series.closedCount++;
    for (const tap of [...this.copies.request, ...this.copies.response]) tap.flowOver(error !== undefined);
    this.breakStreams(error?.message ?? "connection ended before the response");
    this.onRoom();
  }

  private breakStreams(reason: string): void {
    this.isLeaving = true;
    const streams = [...this.at.session.streams.values()];
    if (streams.some(({ owner }) => owner?.isAnswered === false)) this.countFailure();
    if (streams.length > 0) this.context.own.failedFlowCount++;
    for (const stream of streams) {
      this.at.session.reset(stream, ERROR_CODE.cancel);
      stream.owner?.upstreamBroke(false, reason);
    }
  }

  /** A request got no answer. */
  countFailure(): void {
    this.context.breakers.countFailure(this.connection.endpoint, this.nowMs());
  }
}

function copyTo(socket: ByteSocket, request: CopySink | undefined, response: CopySink | undefined): void {
  socket.observer = {
    read: (bytes, from, to) => response?.copy(bytes, from, to),
    written: (bytes, from, to) => request?.copy(bytes, from, to),
    ended: () => response?.end(),
    endWritten: () => request?.end(),
    closed() {},
  };
}
