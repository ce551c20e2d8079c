/** Follows the responses on an HTTP/1.1 connection before they are passed on. */
import { editResponseHead } from "../codec/http1/edit-head.ts";
import type { HeadChanges } from "../codec/http1/head-changes.ts";
import { HTTP1_EVENT } from "../codec/http1/http1-event.ts";
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { closeLine, closeLineOffset } from "../meter/close-line.ts";
import type { Http1Meter } from "../meter/http1-meter.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { RunWriter } from "../relay/run-writer.ts";

/** `last`: the connection can carry no other message. */
export type ResponseVerdict = "more" | "last" | "rejected";

/** What is done to every final response's head; then heads go on whole or not at all. */
export interface ResponseRewriting {
  readonly changes: HeadChanges;
  /** It is told that the connection closes after it. */
  readonly closes: boolean;
}

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
  private rewriting: ResponseRewriting | undefined;
  private readonly response: Http1Scanner;
  private readonly meter: Http1Meter;

  constructor(response: Http1Scanner, meter: Http1Meter) {
    this.response = response;
    this.meter = meter;
  }

  get reason(): string {
    return this.response.reason;
  }

  /** Of the response that was scanned last. */
  get statusCode(): number {
    return this.response.head.statusCode;
  }

  scan(bytes: Buffer, from: number, to: number, rewriting?: ResponseRewriting): ResponseVerdict {
    const { response } = this;
    this.rewriting = rewriting;
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
          if (rewriting !== undefined) this.out.piece(bytes, this.headBy(rewriting));
          break;
        case HTTP1_EVENT.body:
          this.isInResponse = true;
          if (rewriting !== undefined) this.out.run(bytes, response.from, response.to);
          break;
        case HTTP1_EVENT.end:
          verdict = this.endResponse();
          this.completeTo = response.offset;
          break;
        case HTTP1_EVENT.tunnel:
          this.isTunnel = true;
          verdict = "more";
          if (rewriting !== undefined) this.out.run(bytes, response.from, response.to);
          break;
        default:
          return "rejected";
      }
    }
  }

  /** Writes what `scan` was given, up to `to`, as it is to go on. @returns whether its memory is free */
  write(sink: ByteSocket, bytes: Buffer, from: number, to: number): boolean {
    if (this.rewriting === undefined) return sink.write(bytes, from, to);
    this.out.flush(bytes, sink);
    return sink.isFlushed;
  }

  private headBy({ changes, closes }: ResponseRewriting): Buffer {
    const { response } = this;
    if (response.isInterim) return Buffer.from(response.bytes.subarray(response.from, response.to));
    const saysClose = closes && !response.head.fields.saysClose && response.head.statusCode !== 101;
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
