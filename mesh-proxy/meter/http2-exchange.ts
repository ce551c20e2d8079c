/** Meters HTTP/2 in clear text, gRPC included, that is passed on as it comes. */
import { Buffer } from "node:buffer";
import type { Clock } from "../../core/ports/clock.ts";
import { HTTP2_EVENT } from "../codec/http2/http2-event.ts";
import { createHttp2Scanners, type Http2Scanner, type Http2Scanners } from "../codec/http2/http2-scanner.ts";
import type { Http2Watch } from "../observe/http2-watch.ts";
import type { ResponseFlag } from "../observe/response-flag.ts";
import type { Exchange, RequestOutcome } from "./exchange.ts";
import type { RequestRecorder } from "./traffic-series.ts";

/** RFC 9113 section 6.8: no error, and every stream that is open already is still served. */
const goAway = Buffer.from("0000080700000000007fffffff00000000", "hex");
/** Resets that a client may make in the long run; what it may make at once is the scanner's limit. */
const RESETS_PER_SECOND = 100;

export class Http2Exchange implements Exchange {
  pendingCount = 0;

  private readonly clock: Clock;
  private readonly series: RequestRecorder;
  private readonly onOutcome: (outcome: RequestOutcome) => void;
  private readonly watch: Http2Watch | undefined;
  private readonly scanners: Http2Scanners;
  private readonly startsMs: number[] = [];
  private forgivenAtMs: number;

  constructor(
    clock: Clock,
    series: RequestRecorder,
    onOutcome: (outcome: RequestOutcome) => void = () => {},
    watch?: Http2Watch,
  ) {
    this.watch = watch;
    this.scanners = createHttp2Scanners({ readsHeaders: true, keepsFields: () => watch?.isWatching === true });
    this.clock = clock;
    this.series = series;
    this.onOutcome = onOutcome;
    this.forgivenAtMs = clock.nowMs();
  }

  up(bytes: Buffer, from: number, to: number): string {
    return this.scan(this.scanners.client, bytes, from, to);
  }

  down(bytes: Buffer, from: number, to: number): string {
    return this.scan(this.scanners.server, bytes, from, to);
  }

  downEnded(): void {
    if (this.pendingCount > 0) this.onOutcome("abandoned");
  }

  farewell(): Buffer | undefined {
    return this.scanners.server.isBetweenFrames ? goAway : undefined;
  }

  downAhead(): number {
    return -1;
  }

  closed(flag: ResponseFlag): void {
    const { client } = this.scanners;
    while (client.nextAbandoned() === HTTP2_EVENT.requestEnded) {
      if (client.statusCode === 0) this.onOutcome("abandoned");
      this.end(client, flag);
    }
  }

  private scan(scanner: Http2Scanner, bytes: Buffer, from: number, to: number): string {
    let at = from;
    for (;;) {
      const event = scanner.next(bytes, at, to);
      at = scanner.offset;
      if (event === HTTP2_EVENT.needMore) return "";
      if (event === HTTP2_EVENT.requestStarted) this.start(scanner);
      else if (event === HTTP2_EVENT.requestEnded) {
        this.judge(scanner);
        this.end(scanner, flagOf(scanner, this.scanners.client));
      } else if (event === HTTP2_EVENT.rejected) return scanner.reason;
    }
  }

  /** A client that gives up says nothing of its endpoint. Statuses are unknown where headers cannot be read. */
  private judge(scanner: Http2Scanner): void {
    if (!scanner.wasReset || scanner.statusCode > 0) this.onOutcome("answered");
    else if (scanner === this.scanners.server) this.onOutcome("refused");
  }

  private start(scanner: Http2Scanner): void {
    const nowMs = this.clock.nowMs();
    this.startsMs[scanner.slot] = nowMs;
    this.pendingCount++;
    this.watch?.began(scanner.slot, scanner.fields, nowMs);
    this.forgiveResets(nowMs);
  }

  /** Only streams that were started can be reset, so that this is often enough. */
  private forgiveResets(nowMs: number): void {
    const seconds = Math.floor((nowMs - this.forgivenAtMs) / 1000);
    if (seconds < 1) return;
    this.forgivenAtMs += seconds * 1000;
    this.scanners.streams.forgiveResets(seconds * RESETS_PER_SECOND);
  }

  private end(scanner: Http2Scanner, flag: ResponseFlag): void {
    this.pendingCount--;
    const record = {
      statusCode: scanner.statusCode,
      grpcStatus: scanner.grpcStatus,
      durationMs: this.clock.nowMs() - (this.startsMs[scanner.slot] ?? 0),
      requestBytes: scanner.bytesUp,
      responseBytes: scanner.bytesDown,
    };
    this.series.record(record);
    this.watch?.ended(scanner.slot, record, flag);
  }
}

/** RST_STREAM with NO_ERROR behind a whole response is no break (RFC 9113 section 8.1). */
function flagOf(scanner: Http2Scanner, client: Http2Scanner): ResponseFlag {
  if (!scanner.wasReset) return "";
  if (scanner === client) return "DC";
  return scanner.statusCode > 0 ? "" : "UR";
}
