/** Meters HTTP/2 in clear text, gRPC included, that is passed on as it comes. */
import { Buffer } from "node:buffer";
import type { Clock } from "../../core/ports/clock.ts";
import { HTTP2_EVENT } from "../codec/http2/http2-event.ts";
import { createHttp2Scanners, type Http2Scanner } from "../codec/http2/http2-scanner.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestRecorder } from "./traffic-series.ts";

/** RFC 9113 section 6.8: no error, and every stream that is open already is still served. */
const goAway = Buffer.from("0000080700000000007fffffff00000000", "hex");
/** Resets that a client may make in the long run; what it may make at once is the scanner's limit. */
const RESETS_PER_SECOND = 100;

export class Http2Exchange implements Exchange {
  pendingCount = 0;

  private readonly clock: Clock;
  private readonly series: RequestRecorder;
  private readonly scanners = createHttp2Scanners({ readsHeaders: true });
  private readonly startsMs: number[] = [];
  private forgivenAtMs: number;

  constructor(clock: Clock, series: RequestRecorder) {
    this.clock = clock;
    this.series = series;
    this.forgivenAtMs = clock.nowMs();
  }

  up(bytes: Buffer, from: number, to: number): string {
    return this.scan(this.scanners.client, bytes, from, to);
  }

  down(bytes: Buffer, from: number, to: number): string {
    return this.scan(this.scanners.server, bytes, from, to);
  }

  downEnded(): void {}

  farewell(): Buffer | undefined {
    return this.scanners.server.isBetweenFrames ? goAway : undefined;
  }

  downAhead(): number {
    return -1;
  }

  closed(): void {
    while (this.scanners.client.nextAbandoned() === HTTP2_EVENT.requestEnded) this.end(this.scanners.client);
  }

  private scan(scanner: Http2Scanner, bytes: Buffer, from: number, to: number): string {
    let at = from;
    for (;;) {
      const event = scanner.next(bytes, at, to);
      at = scanner.offset;
      if (event === HTTP2_EVENT.needMore) return "";
      if (event === HTTP2_EVENT.requestStarted) this.start(scanner);
      else if (event === HTTP2_EVENT.requestEnded) this.end(scanner);
      else if (event === HTTP2_EVENT.rejected) return scanner.reason;
    }
  }

  private start(scanner: Http2Scanner): void {
    const nowMs = this.clock.nowMs();
    this.startsMs[scanner.slot] = nowMs;
    this.pendingCount++;
    this.forgiveResets(nowMs);
  }

  /** Only streams that were started can be reset, so that this is often enough. */
  private forgiveResets(nowMs: number): void {
    const seconds = Math.floor((nowMs - this.forgivenAtMs) / 1000);
    if (seconds < 1) return;
    this.forgivenAtMs += seconds * 1000;
    this.scanners.streams.forgiveResets(seconds * RESETS_PER_SECOND);
  }

  private end(scanner: Http2Scanner): void {
    this.pendingCount--;
    this.series.record({
      statusCode: scanner.statusCode,
      grpcStatus: scanner.grpcStatus,
      durationMs: this.clock.nowMs() - (this.startsMs[scanner.slot] ?? 0),
      requestBytes: scanner.bytesUp,
      responseBytes: scanner.bytesDown,
    });
  }
}
