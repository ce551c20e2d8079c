/** What a request says of itself, put into words only when somebody reads it. */

import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import type { HeaderFields } from "../codec/http2/header-fields.ts";

export interface RequestText {
  readonly method: string;
  /** With its query, as it came; what is beyond the limit is cut. */
  readonly path: string;
  readonly authority: string;
  readonly userAgent: string;
}

/** Of a head that much is kept while its answer is awaited. */
const HEAD_BYTES_MAX = 2048;

/** Call at the scanner's `head` event. One text is kept, since the bytes are read over; one character is one byte. */
export class Http1RequestText implements RequestText {
  private readonly text: string;
  private readonly targetStart: number;
  private readonly targetEnd: number;
  private readonly hostStart: number;
  private readonly hostEnd: number;
  private readonly userAgentStart: number;
  private readonly userAgentEnd: number;

  constructor({ bytes, from, headByteCount, head }: Http1Scanner) {
    const { fields } = head;
    this.targetStart = head.targetStart;
    this.targetEnd = head.targetEnd;
    this.hostStart = fields.hostStart;
    this.hostEnd = fields.hostEnd;
    this.userAgentStart = fields.userAgentStart;
    this.userAgentEnd = fields.userAgentEnd;
    const end = Math.max(head.targetEnd, fields.hostEnd, fields.userAgentEnd);
    this.text = bytes.toString("latin1", from, from + Math.min(end, headByteCount, HEAD_BYTES_MAX));
  }

  get method(): string {
    return this.text.slice(0, this.targetStart - 1);
  }

  get path(): string {
    return this.text.slice(this.targetStart, this.targetEnd);
  }

  get authority(): string {
    return this.hostStart < 0 ? "" : this.text.slice(this.hostStart, this.hostEnd);
  }

  get userAgent(): string {
    return this.userAgentStart < 0 ? "" : this.text.slice(this.userAgentStart, this.userAgentEnd);
  }
}

export class Http2RequestText implements RequestText {
  private readonly fields: HeaderFields;

  constructor(fields: HeaderFields) {
    this.fields = fields;
  }

  get method(): string {
    return this.fields.get(":method") ?? "";
  }

  get path(): string {
    return this.fields.get(":path") ?? "";
  }

  get authority(): string {
    return this.fields.get(":authority") ?? this.fields.get("host") ?? "";
  }

  get userAgent(): string {
    return this.fields.get("user-agent") ?? "";
  }
}
