/** Meters HTTP/1 that is passed on as it comes. */
import type { Clock } from "../../core/ports/clock.ts";
import { HTTP1_EVENT } from "../codec/http1/http1-event.ts";
import { createHttp1Scanners, HTTP1_LIMITS } from "../codec/http1/http1-scanner.ts";
import type { Http1Watch } from "../observe/http1-watch.ts";
import type { ResponseFlag } from "../observe/response-flag.ts";
import { closeLineOffset } from "./close-line.ts";
import type { Exchange } from "./exchange.ts";
import { Http1Meter } from "./http1-meter.ts";
import type { RequestRecorder } from "./traffic-series.ts";

export class Http1Exchange implements Exchange {
  private readonly scanners: ReturnType<typeof createHttp1Scanners>;
  private readonly meter: Http1Meter;
  private isMidRequest = false;
  /** Responses are seen by `downAhead`. */
  private isAhead = false;
  private closeOffset = -1;
  private isMidResponse = false;

  constructor(clock: Clock, series: RequestRecorder, headBytesMax: number, watch?: Http1Watch) {
    this.scanners = createHttp1Scanners({ ...HTTP1_LIMITS, headBytesMax });
    const list = [series];
    this.meter = new Http1Meter(clock, () => list, watch);
  }

  get pendingCount(): number {
    return this.scanners.request.pendingRequestCount + (this.isMidRequest ? 1 : 0);
  }

  up(bytes: Buffer, from: number, to: number): string {
    const { request } = this.scanners;
    let at = from;
    for (;;) {
      const event = request.next(bytes, at, to);
      if (event === HTTP1_EVENT.needMore) {
        this.isMidRequest ||= request.offset > at;
        return "";
      }
      this.isMidRequest = event !== HTTP1_EVENT.end;
      at = request.offset;
      if (event === HTTP1_EVENT.head) this.meter.requestHead(request);
      else if (event === HTTP1_EVENT.end) this.meter.requestEnd(request);
      else if (event === HTTP1_EVENT.rejected) return request.reason;
      // Nothing can be held back here: what follows is passed on, so it cannot be followed.
      else if (event === HTTP1_EVENT.held) return "requests run ahead of their responses";
    }
  }

  down(bytes: Buffer, from: number, to: number): string {
    return this.isAhead ? "" : this.scanDown(bytes, from, to);
  }

  private scanDown(bytes: Buffer, from: number, to: number): string {
    const { response } = this.scanners;
    let at = from;
    for (;;) {
      const event = response.next(bytes, at, to);
      at = response.offset;
      if (event === HTTP1_EVENT.head) this.isMidResponse = true;
      else if (event === HTTP1_EVENT.end) this.isMidResponse = false;
      if (event === HTTP1_EVENT.head && this.isAhead && this.pendingCount <= 1)
        this.closeOffset = closeLineOffset(response);
      else if (event === HTTP1_EVENT.end) this.meter.responseEnd(response);
      else if (event === HTTP1_EVENT.rejected) return response.reason;
      else if (event === HTTP1_EVENT.needMore || event === HTTP1_EVENT.held) return "";
    }
  }

  downEnded(): void {
    if (this.scanners.response.finish() === HTTP1_EVENT.end) this.meter.responseEnd(this.scanners.response);
  }

  closed(flag: ResponseFlag): void {
    const { request, response } = this.scanners;
    const { statusCode } = response.head;
    const answered = { statusCode, byteCount: response.headByteCount + response.bodyByteCount };
    const answer = this.isMidResponse ? answered : { statusCode: 0, byteCount: 0 };
    this.meter.fail({ flag, details: "" }, request, answer);
  }

  farewell(): undefined {}

  downAhead(bytes: Buffer, from: number, to: number): number {
    this.closeOffset = -1;
    this.isAhead = true;
    this.scanDown(bytes, from, to);
    return this.closeOffset;
  }
}
