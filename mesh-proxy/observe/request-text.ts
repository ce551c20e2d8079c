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

/** Of a head that much is kept while its answer is awaited; of one that is longer only the beginnings of what is shown. */
const HEAD_BYTES_MAX = 2048;
const PART_BYTES_MAX = 640;

/** Call at the scanner's `head` event. One text is kept, since the bytes are read over; one character is one byte. */
export class Http1RequestText implements RequestText {
  private readonly text: string;
  private readonly targetStart: number;
  private readonly targetEnd: number;
  private readonly hostStart: number;
  private readonly hostEnd: number;
  private readonly userAgentStart: number;
  private readonly userAgentEnd: number;

  constructor({ bytes, from, head }: Http1Scanner) {
    const { fields, targetStart, targetEnd } = head;
    const { hostStart, hostEnd, userAgentStart, userAgentEnd } = fields;
    this.targetStart = targetStart;
    this.targetEnd = targetEnd;
    this.hostStart = hostStart;
    this.hostEnd = hostEnd;
    this.userAgentStart = userAgentStart;
    this.userAgentEnd = userAgentEnd;
    const end = Math.max(targetEnd, hostEnd, userAgentEnd);
    if (end <= HEAD_BYTES_MAX) {
      this.text = bytes.toString("latin1", from, from + end);
      return;
    }
    const part = (start: number, partEnd: number) =>
      start < 0 ? "" : bytes.toString("latin1", from + start, from + Math.min(partEnd, start + PART_BYTES_MAX));
    const [target, host, agent] = [part(0, targetEnd), part(hostStart, hostEnd), part(userAgentStart, userAgentEnd)];
    this.text = target + host + agent;
    this.targetEnd = target.length;
    if (hostStart >= 0) this.hostStart = target.length;
    this.hostEnd = target.length + host.length;
    if (userAgentStart >= 0) this.userAgentStart = this.hostEnd;
    this.userAgentEnd = this.hostEnd + agent.length;
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
