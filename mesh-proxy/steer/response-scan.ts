/** Follows the responses on an HTTP/1.1 connection before they are passed on. */
import { HTTP1_EVENT } from "../codec/http1/http1-event.ts";
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { closeLineOffset } from "../meter/close-line.ts";
import type { Http1Meter } from "../meter/http1-meter.ts";

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

  private readonly response: Http1Scanner;
  private readonly meter: Http1Meter;

  constructor(response: Http1Scanner, meter: Http1Meter) {
    this.response = response;
    this.meter = meter;
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

  scan(bytes: Buffer, from: number, to: number): ResponseVerdict {
    const { response } = this;
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
          break;
        case HTTP1_EVENT.body:
          this.isInResponse = true;
          break;
        case HTTP1_EVENT.end:
          verdict = this.endResponse();
          this.completeTo = response.offset;
          break;
        case HTTP1_EVENT.tunnel:
          this.isTunnel = true;
          verdict = "more";
          break;
        default:
          return "rejected";
      }
    }
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
