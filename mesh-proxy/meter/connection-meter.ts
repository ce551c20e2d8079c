/**
 * Meters one connection between proxies that is passed on as it comes. What it speaks is seen from the first bytes towards
 * the destination; nothing waits for that, and a protocol that cannot be followed any more is still counted in bytes.
 */
import { Buffer } from "node:buffer";
import type { Clock } from "../../core/ports/clock.ts";
import { DETECT_BYTES_MAX, detectProtocol } from "../codec/detect-protocol.ts";
import { watchFlow } from "../observe/flow-watch.ts";
import { Http1Watch } from "../observe/http1-watch.ts";
import { Http2Watch } from "../observe/http2-watch.ts";
import type { FlowFacts } from "../observe/observation.ts";
import type { Observer } from "../observe/observer.ts";
import type { ResponseFlag } from "../observe/response-flag.ts";
import type { ByteObserver } from "../relay/byte-counter.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { Exchange, RequestOutcome } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { RequestRecorder, TrafficSeries } from "./traffic-series.ts";

const NO_BYTES = Buffer.alloc(0);
/** A destination that says more than this before it has heard anything speaks no protocol with requests. */
const EARLY_BYTES_MAX = 1024;

export type RequestProtocol = "tcp" | "http";

export interface ConnectionMeterOptions {
  readonly clock: Clock;
  readonly headBytesMax: number;
  /** Whether this proxy dialled the connection: then bytes towards the destination are the ones written. */
  readonly isDialled: boolean;
  readonly seriesFor: (protocol: RequestProtocol) => TrafficSeries;
  /** Where requests are recorded besides: at the hop of a path that the connection came to. */
  readonly hop?: RequestRecorder | undefined;
  readonly onUnfollowed: (reason: string) => void;
  readonly observer?: Observer | undefined;
  /** Of the flow, for whoever watches; absent where it is watched at another of its connections. */
  readonly facts?: FlowFacts | undefined;
  /** Of each request of HTTP/2. */
  readonly onOutcome?: ((outcome: RequestOutcome) => void) | undefined;
}

export class ConnectionMeter implements ByteObserver {
  /** Who broke the flow, where it was not this connection. */
  brokenBy: ResponseFlag = "";

  private readonly socket: ByteSocket;
  private readonly options: ConnectionMeterOptions;
  private series: TrafficSeries | undefined;
  private exchange: Exchange | undefined;
  private first: Buffer = NO_BYTES;
  /** What an HTTP/2 server says before it has heard anything: its settings. */
  private early: Buffer = NO_BYTES;
  private readonly startMs: number;
  private hasDownEnded = false;

  constructor(socket: ByteSocket, options: ConnectionMeterOptions) {
    this.socket = socket;
    this.options = options;
    this.startMs = options.clock.nowMs();
    socket.observer = this;
  }

  /** See `ConnectionMeterOptions`. */
  get facts(): FlowFacts | undefined {
    return this.options.facts;
  }

  /** Requests in flight; undefined when the connection speaks nothing that has requests. */
  get pendingCount(): number | undefined {
    return this.exchange?.pendingCount;
  }

  /** See `Exchange`. */
  farewell(): Buffer | undefined {
    return this.exchange?.farewell();
  }

  /** See `Exchange`. Only for connections that were accepted: on those that were dialled, bytes are seen as they are read. */
  downAhead(bytes: Buffer, from: number, to: number): number {
    return this.options.isDialled ? -1 : (this.exchange?.downAhead(bytes, from, to) ?? -1);
  }

  /** Whether it is known to be of no use to see the bytes. */
  get isBytesOnly(): boolean {
    return this.series !== undefined && this.exchange === undefined;
  }

  /** Whether nothing has passed yet. */
  get isUnused(): boolean {
    return this.series === undefined && this.first.length === 0 && this.early.length === 0;
  }

  read(bytes: Buffer, from: number, to: number): void {
    if (this.options.isDialled) this.down(bytes, from, to);
    else this.up(bytes, from, to);
  }

  written(bytes: Buffer, from: number, to: number): void {
    if (this.options.isDialled) this.up(bytes, from, to);
    else this.down(bytes, from, to);
  }

  ended(): void {
    if (this.options.isDialled) this.downEnded();
  }

  endWritten(): void {
    if (!this.options.isDialled) this.downEnded();
  }

  closed(): void {
    const series = this.series ?? this.settle("tcp");
    series.closedCount++;
    if (this.exchange === undefined) this.watchEnd(series);
    else this.exchange.closed(this.hasDownEnded ? "UC" : this.breaker || "DC");
  }

  /** Of what has no requests, or none that could be followed. */
  private watchEnd({ labels }: TrafficSeries): void {
    const { observer, facts, clock, isDialled } = this.options;
    const { readBytes, writtenBytes } = this.socket;
    if (observer === undefined || facts === undefined || !observer.isWatching) return;
    const flag = this.breaker;
    watchFlow(observer, facts, {
      protocol: "TCP",
      startMs: this.startMs,
      endMs: clock.nowMs(),
      labels,
      requestBytes: isDialled ? writtenBytes : readBytes,
      responseBytes: isDialled ? readBytes : writtenBytes,
      failure: flag === "" ? undefined : { flag, details: "" },
    });
  }

  /** Of the sockets of a flow the first that fails has an error. */
  private get breaker(): ResponseFlag {
    if (this.socket.error === undefined) return this.brokenBy;
    return this.options.isDialled ? "UC" : "DC";
  }

  private downEnded(): void {
    this.hasDownEnded = true;
    this.exchange?.downEnded();
  }

  private up(bytes: Buffer, from: number, to: number): void {
    if (this.series === undefined) this.detect(bytes, from, to);
    else if (this.exchange !== undefined) this.judge(this.exchange.up(bytes, from, to));
  }

  private down(bytes: Buffer, from: number, to: number): void {
    if (this.series === undefined) this.keepEarly(bytes, from, to);
    else if (this.exchange !== undefined) {
      this.judge(this.exchange.down(bytes, from, to));
    }
  }

  private detect(bytes: Buffer, from: number, to: number): void {
    const known =
      this.first.length === 0 ? bytes.subarray(from, to) : Buffer.concat([this.first, bytes.subarray(from, to)]);
    const protocol = detectProtocol(known, 0, known.length);
    if (protocol === "partial") {
      // Fewer bytes than any pattern: a copy, because the buffer is read into again.
      this.first = Buffer.from(known.subarray(0, DETECT_BYTES_MAX));
      return;
    }
    const series = this.settle(protocol === "http1" || protocol === "http2" ? "http" : "tcp");
    const { clock, headBytesMax, hop, onOutcome, observer, facts } = this.options;
    const recorder = withHop(series, hop);
    const watched = observer && facts && { observer, facts };
    if (protocol === "http1") {
      const watch = watched && new Http1Watch(watched.observer, watched.facts, series.labels);
      this.exchange = new Http1Exchange(clock, recorder, headBytesMax, watch);
    }
    if (protocol === "http2") {
      const watch = watched && new Http2Watch(watched.observer, watched.facts, series.labels);
      this.exchange = new Http2Exchange(clock, recorder, onOutcome, watch);
    }
    if (this.exchange !== undefined) this.judge(this.exchange.up(known, 0, known.length));
    if (this.early.length > 0) this.judge(this.exchange?.down(this.early, 0, this.early.length) ?? "");
    this.early = NO_BYTES;
    this.first = NO_BYTES;
  }

  private keepEarly(bytes: Buffer, from: number, to: number): void {
    if (this.early.length + to - from > EARLY_BYTES_MAX) this.settle("tcp");
    else this.early = Buffer.concat([this.early, bytes.subarray(from, to)]);
  }

  private settle(protocol: RequestProtocol): TrafficSeries {
    const series = this.options.seriesFor(protocol);
    this.series = series;
    series.openedCount++;
    attributeTo(series, this.socket, this.options.isDialled);
    return series;
  }

  private judge(reason: string): void {
    if (reason === "") return;
    this.exchange = undefined;
    this.options.onUnfollowed(reason);
  }
}

function withHop(series: TrafficSeries, hop: RequestRecorder | undefined): RequestRecorder {
  if (hop === undefined) return series;
  return {
    record: (request) => {
      series.record(request);
      hop.record(request);
    },
  };
}

/** Whose bytes the connection's are: on one that this proxy dialled, what it writes goes towards the destination. */
export function attributeTo(series: TrafficSeries, socket: ByteSocket, isDialled: boolean): void {
  if (isDialled) socket.attribute(series.sent, series.received);
  else socket.attribute(series.received, series.sent);
}
