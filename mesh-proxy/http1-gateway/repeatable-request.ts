/**
 * The one request in flight, kept so that it can be sent once more when its leg ends without a byte of response. It is not
 * copied: it lies in the read buffer for as long as nothing else is read.
 */
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { methodName } from "../codec/http1/method.ts";
import { rewriteHead } from "../codec/http1/rewrite-head.ts";
import { idempotentMethods } from "../codec/idempotent-methods.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { Leg } from "../steer/leg.ts";
import { requestHeadFor, type SentChanges } from "./request-head-for.ts";

export class RepeatableRequest {
  private readonly request: Http1Scanner;
  private readonly source: Pick<ByteSocket, "keepsBytes">;
  /** Where the newest request begins in what was read last; -1 when it does not begin there. */
  private headFrom = -1;
  private kept: { readonly bytes: Buffer; readonly from: number; readonly to: number } | undefined;

  /** @param source that requests are read from */
  constructor(request: Http1Scanner, source: Pick<ByteSocket, "keepsBytes">) {
    this.request = request;
    this.source = source;
  }

  /** @param isUntouched whether the far side has not passed it on, so that no method is in the way */
  canRepeat(isUntouched: boolean): boolean {
    if (this.kept === undefined) return false;
    return isUntouched || idempotentMethods.has(methodName(this.request.head.method));
  }

  /** The buffer holds something else now. */
  forget(): void {
    this.headFrom = -1;
    this.kept = undefined;
    this.source.keepsBytes = false;
  }

  /** Call when the request's head is passed on. */
  headPassed(): void {
    this.headFrom = this.request.isStored ? -1 : this.request.from;
  }

  /** What was read up to `to` is passed on, and ends with the end of a request. */
  keep(bytes: Buffer, to: number): void {
    const { request, headFrom } = this;
    this.kept = undefined;
    if (headFrom < 0 || request.pendingRequestCount !== 1) return;
    this.kept = { bytes, from: headFrom, to };
    this.source.keepsBytes = true;
  }

  /** Has the scanner speak of the kept request's head again, as at its `head` event. */
  showHead(): void {
    const { request, kept } = this;
    if (kept === undefined) return;
    request.bytes = kept.bytes;
    request.from = kept.from;
    request.to = kept.from + request.headByteCount;
  }

  /** Sends it again, changed as it was before; it stays, until the buffer holds something else. @returns whether its memory is free */
  send({ request: sink, servicePath, requestTap }: Leg, changes: SentChanges): boolean {
    const { request, kept } = this;
    this.showHead();
    if (kept === undefined) return true;
    if (requestTap !== undefined) {
      const stripped = rewriteHead(request, undefined, changes.trace);
      requestTap.copy(stripped, 0, stripped.length);
      requestTap.copy(kept.bytes, request.to, kept.to);
    }
    return sink.writeAll([requestHeadFor(request, changes, servicePath), kept.bytes.subarray(request.to, kept.to)]);
  }
}
