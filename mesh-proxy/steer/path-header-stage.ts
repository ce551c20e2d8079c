/**
 * Puts the service path header back on each request that a function gives back, on its way to the next hop. A function
 * may change requests, but they stay HTTP/1.1: what is not, is refused.
 */

import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import { HTTP1_EVENT } from "../codec/http1/http1-event.ts";
import { createHttp1Scanners, HTTP1_LIMITS } from "../codec/http1/http1-scanner.ts";
import { rewriteHead } from "../codec/http1/rewrite-head.ts";
import type { FunctionTimer } from "../meter/function-timer.ts";
import { Http1Meter } from "../meter/http1-meter.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { CopySink } from "../relay/copy-sink.ts";
import type { SocketGroup } from "../relay/socket-group.ts";
import type { MeshConnection } from "./dial-mesh.ts";
import { observeAnswers } from "./observe-answers.ts";

export interface PathHeaderStageOptions {
  /** The function's output. */
  readonly source: ByteSocket;
  readonly next: MeshConnection;
  readonly servicePath: ServicePathHeader;
  readonly group: SocketGroup;
  /** Gets requests as the function gave them back. */
  readonly tap: CopySink | undefined;
  readonly timer?: FunctionTimer | undefined;
}

export class PathHeaderStage {
  private readonly options: PathHeaderStageOptions;
  private readonly scanners: ReturnType<typeof createHttp1Scanners>;
  private readonly meter: Http1Meter;
  private held: { readonly bytes: Buffer; readonly from: number; readonly to: number } | undefined;

  constructor({ clock, config }: ProxyContext, options: PathHeaderStageOptions) {
    this.options = options;
    const { source, next, tap } = options;
    this.scanners = createHttp1Scanners({ ...HTTP1_LIMITS, headBytesMax: config.headBytesMax });
    const series = next.seriesFor("http");
    this.meter = new Http1Meter(clock, () => [series]);
    observeAnswers(series, next.socket, {
      seen: (bytes, from, to) => this.seeResponse(bytes, from, to),
      ended: () => this.seeResponseEnd(),
    });
    source.onBytes = (bytes, from, to) => this.passOn(bytes, from, to);
    source.onEnd = () => {
      next.socket.end();
      tap?.end();
    };
  }

  private passOn(bytes: Buffer, from: number, to: number): boolean {
    const { request } = this.scanners;
    const { source, next, servicePath, group, tap, timer } = this.options;
    const pieces: Buffer[] = [];
    for (let at = from; ; at = request.offset) {
      const event = request.next(bytes, at, to);
      if (event === HTTP1_EVENT.needMore) break;
      switch (event) {
        case HTTP1_EVENT.head:
          timer?.cameBack();
          this.meter.requestHead(request);
          pieces.push(rewriteHead(request, servicePath));
          if (tap !== undefined) copyHead(tap, rewriteHead(request));
          break;
        case HTTP1_EVENT.body:
        case HTTP1_EVENT.tunnel:
          pieces.push(request.bytes.subarray(request.from, request.to));
          tap?.copy(request.bytes, request.from, request.to);
          break;
        case HTTP1_EVENT.end:
          this.meter.requestEnd(request);
          break;
        case HTTP1_EVENT.held:
          next.socket.writeAll(pieces);
          this.held = { bytes, from: request.offset, to };
          return false;
        default:
          group.reset();
          group.onFailed(new Error(`function gave back what is no HTTP/1.1 request: ${request.reason}`), source);
          return false;
      }
    }
    if (next.socket.writeAll(pieces)) return true;
    next.socket.resumeWhenFlushed(source);
    return false;
  }

  /** Only follows: the bytes go back by another way, and are judged there. */
  private seeResponse(bytes: Buffer, from: number, to: number): void {
    const { response } = this.scanners;
    for (let at = from; ; at = response.offset) {
      const event = response.next(bytes, at, to);
      if (event === HTTP1_EVENT.end) this.meter.responseEnd(response);
      if (event === HTTP1_EVENT.needMore || event === HTTP1_EVENT.rejected || event === HTTP1_EVENT.held) break;
    }
    const { held } = this;
    this.held = undefined;
    if (held !== undefined && this.passOn(held.bytes, held.from, held.to)) this.options.source.resume();
  }

  private seeResponseEnd(): void {
    if (this.scanners.response.finish() === HTTP1_EVENT.end) this.meter.responseEnd(this.scanners.response);
  }
}

function copyHead(tap: CopySink, head: Buffer): void {
  tap.copy(head, 0, head.length);
}
