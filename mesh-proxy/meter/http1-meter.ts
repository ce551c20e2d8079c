/** Turns what the two scanners of an HTTP/1 connection see into request records. */
import type { Clock } from "../../core/ports/clock.ts";
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import type { Failure, Http1Watch } from "../observe/http1-watch.ts";
import type { RequestRecorder } from "./traffic-series.ts";

/** As many as the scanners let be in flight. */
const PENDING_MAX = 256;

export class Http1Meter {
  private readonly clock: Clock;
  private readonly series: () => readonly RequestRecorder[];
  private startsMs: Float64Array = new Float64Array(4);
  private requestBytes: Float64Array = new Float64Array(4);
  private readonly watch: Http1Watch | undefined;

  /** @param series where to record a request whose response is complete */
  constructor(clock: Clock, series: () => readonly RequestRecorder[], watch?: Http1Watch) {
    this.clock = clock;
    this.series = series;
    this.watch = watch;
  }

  requestHead(request: Http1Scanner): void {
    if (request.pendingRequestCount > this.startsMs.length) this.grow(request);
    const slot = request.sequence % this.startsMs.length;
    const nowMs = this.clock.nowMs();
    this.startsMs[slot] = nowMs;
    this.requestBytes[slot] = headBytesOf(request);
    this.watch?.requestHead(request, nowMs);
  }

  requestEnd(request: Http1Scanner): void {
    this.requestBytes[request.sequence % this.startsMs.length] = headBytesOf(request) + request.bodyByteCount;
  }

  responseEnd(response: Http1Scanner): void {
    const slot = response.sequence % this.startsMs.length;
    const record = {
      statusCode: response.head.statusCode,
      grpcStatus: -1,
      durationMs: this.clock.nowMs() - (this.startsMs[slot] as number),
      requestBytes: this.requestBytes[slot] as number,
      responseBytes: response.headByteCount + response.bodyByteCount,
    };
    for (const series of this.series()) series.record(record);
    this.watch?.responseEnd(response.sequence, record);
  }

  /** Requests that are in flight are over; for those who watch them only. @param answer what the oldest got of a response */
  fail(
    failure: Failure,
    request: Http1Scanner,
    answer: { readonly statusCode: number; readonly byteCount: number },
  ): void {
    const oldest = this.watch?.oldest;
    if (this.watch === undefined || oldest === undefined) return;
    const isNewest = oldest.sequence === request.sequence;
    const record = {
      statusCode: answer.statusCode,
      grpcStatus: -1,
      durationMs: 0,
      requestBytes: isNewest
        ? headBytesOf(request) + request.bodyByteCount
        : (this.requestBytes[oldest.sequence % this.startsMs.length] as number),
      responseBytes: answer.byteCount,
    };
    this.watch.fail(failure, record, this.clock.nowMs());
  }

  /** Few connections pipeline: tables start small and grow to what was needed. */
  private grow(request: Http1Scanner): void {
    const size = Math.min(PENDING_MAX, 4 * this.startsMs.length);
    const startsMs = new Float64Array(size);
    const requestBytes = new Float64Array(size);
    const before = this.startsMs.length;
    for (let sequence = request.sequence - before; sequence < request.sequence; sequence++) {
      if (sequence < 1) continue;
      startsMs[sequence % size] = this.startsMs[sequence % before] as number;
      requestBytes[sequence % size] = this.requestBytes[sequence % before] as number;
    }
    this.startsMs = startsMs;
    this.requestBytes = requestBytes;
  }
}

/** As the application wrote it: the mesh's own header is no part of the request, so both ends of a hop report the same size. */
function headBytesOf({ headByteCount, head }: Http1Scanner): number {
  return headByteCount - (head.fields.nshLineEnd - head.fields.nshLineStart);
}
