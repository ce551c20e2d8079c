/** Follows the responses on an HTTP/1.1 connection before they are passed on. */
import { editResponseHead } from "../codec/http1/edit-head.ts";
import type { HeadChanges } from "../codec/http1/head-changes.ts";
import { HTTP1_EVENT } from "../codec/http1/http1-event.ts";
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { closeLine, closeLineOffset, withCloseLine } from "../meter/close-line.ts";
import type { Http1Meter } from "../meter/http1-meter.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { RunWriter } from "../relay/run-writer.ts";

/** `last`: the connection can carry no other message. */
export type ResponseVerdict = "more" | "last" | "rejected";

export class ResponseScan {
  /** Between a response's first byte and its end. */
  isInResponse = false;
  /** The connection has left HTTP. */
  isTunnel = false;
  /** Where in the chunk scanned last `connection: close` may be put in; -1 where it may not. */
  closeOffset = -1;
  /** Up to where the chunk scanned last has whole responses, or the end of one. */
  completeTo = 0;

  private readonly out = new RunWriter();
  private changes: HeadChanges | undefined;
  private readonly response: Http1Scanner;
  private readonly meter: Http1Meter;
  private readonly isLast: () => boolean;

  /** @param isLast whether the client is to be told that its connection closes after the present response */
  constructor(response: Http1Scanner, meter: Http1Meter, isLast: () => boolean) {
    this.response = response;
    this.meter = meter;
    this.isLast = isLast;
  }

  /** Of the response that is under way. */
  get seen(): { readonly statusCode: number; readonly byteCount: number } {
    const { head, headByteCount, bodyByteCount } = this.response;
    return this.isInResponse
      ? { statusCode: head.statusCode, byteCount: headByteCount + bodyByteCount }
      : { statusCode: 0, byteCount: 0 };
  }

  get reason(): string {
    return this.response.reason;
  }

  /** Of the response that was scanned last. */
  get statusCode(): number {
    return this.response.head.statusCode;
  }

  /** @param changes to every final response's head, which then goes on whole or not at all */
  scan(bytes: Buffer, from: number, to: number, changes?: HeadChanges): ResponseVerdict {
    const { response } = this;
    this.changes = changes;
    this.closeOffset = -1;
    this.completeTo = from;
    let verdict: ResponseVerdict = "more";
    for (let at = from; ; at = response.offset) {
      switch (response.next(bytes, at, to)) {
        case HTTP1_EVENT.needMore:
          if (to > at) this.isInResponse = true;
          return verdict;
        case HTTP1_EVENT.head:
          this.isInResponse = true;
          this.closeOffset = closeLineOffset(response);
          if (changes !== undefined) this.out.piece(bytes, this.headWith(changes));
          break;
        case HTTP1_EVENT.body:
          this.isInResponse = true;
          if (changes !== undefined) this.out.run(bytes, response.from, response.to);
          break;
        case HTTP1_EVENT.end:
          verdict = this.endResponse();
          this.completeTo = response.offset;
          break;
        case HTTP1_EVENT.tunnel:
          this.isTunnel = true;
          verdict = "more";
          if (changes !== undefined) this.out.run(bytes, response.from, response.to);
          break;
        default:
          return "rejected";
      }
    }
  }

  /** Writes what `scan` was given, up to `to`, as it is to go on. @returns whether its memory is free */
  write(sink: ByteSocket, bytes: Buffer, from: number, to: number): boolean {
    if (this.changes === undefined) {
      const isTold = this.closeOffset >= 0 && this.closeOffset <= to && this.isLast();
      return isTold ? sink.writeAll(withCloseLine(bytes, from, to, this.closeOffset)) : sink.write(bytes, from, to);
    }
    this.out.flush(bytes, sink);
    return sink.isFlushed;
  }

  private headWith(changes: HeadChanges): Buffer {
    const { response } = this;
    if (response.isInterim) return Buffer.from(response.bytes.subarray(response.from, response.to));
    const saysClose = !response.head.fields.saysClose && response.head.statusCode !== 101 && this.isLast();
    return editResponseHead(response, changes, saysClose ? closeLine : undefined);
  }

  /** The far side sent its end of stream. @returns whether that was the end of a response. */
  finish(): boolean {
    if (this.response.finish() !== HTTP1_EVENT.end) return false;
    this.endResponse();
    return true;
  }

  private endResponse(): ResponseVerdict {
    const { response } = this;
    this.meter.responseEnd(response);
    this.isInResponse = false;
    this.isTunnel ||= response.head.statusCode === 101;
    return response.isKeepAlive || this.isTunnel ? "more" : "last";
  }
}
