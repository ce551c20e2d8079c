/**
 * What is to be known of one request before it is compared with anything: one pass over its head, into one object that
 * every request of an upstream re-uses. Nothing is allocated but, once, room for paths that are percent-encoded.
 */
import { Buffer } from "node:buffer";
import { ByteRange } from "./byte-range.ts";
import { isTextInAnyCase, startsWith, textBytes } from "./byte-text.ts";
import { decodePath, hasPercent } from "./decode-path.ts";
import { HeaderLines } from "./header-lines.ts";
import type { RequestHead } from "./request-head.ts";
import { SubscriberValues } from "./subscriber-values.ts";

/** A header that some chain asks for; `isThere` says whether the present request has it. */
export interface HeaderFact {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
  isThere: boolean;
}

const SCHEME_END = textBytes("://");
const TARGET_API_ROOT = textBytes("3gpp-sbi-target-apiroot");
const SLASH = 0x2f;
const QUESTION = 0x3f;
const COLON = 0x3a;
const AT = 0x40;
const DOT = 0x2e;
const BRACKET = 0x5d;

export class RequestFacts {
  readonly method = new ByteRange();
  /** Without a port and a dot at its end, in the case in which it came; empty where none is named. */
  readonly host = new ByteRange();
  /** As `host`, by the target and `Host` alone. */
  readonly authority = new ByteRange();
  /** Percent-encoding undone; empty for the targets `*` and `host:port`. */
  readonly path = new ByteRange();
  readonly subscribers = new SubscriberValues();

  private readonly headers: readonly HeaderFact[];
  private readonly lines = new HeaderLines();
  private readonly query = new ByteRange();
  private decoded: Buffer = Buffer.alloc(0);

  constructor(headers: readonly HeaderFact[]) {
    this.headers = headers;
  }

  /** Valid until the bytes of the head change. O(bytes of the head, and its lines times the headers that are asked for). */
  read(request: RequestHead): void {
    const { bytes, from, head } = request;
    this.method.set(bytes, from, from + head.targetStart - 1);
    const { hostStart, hostEnd } = head.fields;
    if (hostStart < 0) this.host.clear();
    else this.setHost(bytes, from + hostStart, from + hostEnd);
    this.readTarget(bytes, from + head.targetStart, from + head.targetEnd);
    this.authority.set(this.host.bytes, this.host.start, this.host.end);
    this.subscribers.clear();
    this.subscribers.addPath(this.path);
    this.subscribers.addQuery(this.query);
    this.readHeaders(request);
  }

  private readHeaders(request: RequestHead): void {
    const { headers, lines } = this;
    const { bytes } = request;
    for (const header of headers) header.isThere = false;
    lines.start(request);
    while (lines.next()) {
      const { nameStart, nameEnd, valueStart, valueEnd } = lines;
      for (const header of headers) {
        const isNamed = isTextInAnyCase(bytes, nameStart, nameEnd, header.name);
        if (
          isNamed &&
          valueEnd - valueStart === header.value.length &&
          startsWith(bytes, valueStart, valueEnd, header.value)
        )
          header.isThere = true;
      }
      if (isTextInAnyCase(bytes, nameStart, nameEnd, TARGET_API_ROOT)) this.readApiRoot(bytes, valueStart, valueEnd);
      this.subscribers.addHeader(bytes, lines);
    }
  }

  /** Origin form, absolute form, whose host goes before `Host` (RFC 9112, section 3.2.2), or one without a path. */
  private readTarget(bytes: Buffer, start: number, end: number): void {
    this.path.clear();
    this.query.clear();
    let pathStart = start;
    if (bytes[start] !== SLASH) {
      const authority = authorityStart(bytes, start, end);
      if (authority < 0) return;
      pathStart = authority;
      while (pathStart < end && bytes[pathStart] !== SLASH && bytes[pathStart] !== QUESTION) pathStart++;
      this.setHost(bytes, authority, pathStart);
    }
    let pathEnd = pathStart;
    while (pathEnd < end && bytes[pathEnd] !== QUESTION) pathEnd++;
    if (pathEnd < end) this.query.set(bytes, pathEnd + 1, end);
    if (!hasPercent(bytes, pathStart, pathEnd)) {
      this.path.set(bytes, pathStart, pathEnd);
      return;
    }
    if (this.decoded.length < pathEnd - pathStart) this.decoded = Buffer.alloc(2 * (pathEnd - pathStart));
    this.path.set(this.decoded, 0, decodePath(bytes, pathStart, pathEnd, this.decoded));
  }

  /** The target that an SCP is to reach: `https://udm.example:443/prefix` (TS 29.500, clause 5.2.3.2.4). */
  private readApiRoot(bytes: Buffer, start: number, end: number): void {
    const authority = authorityStart(bytes, start, end);
    if (authority < 0) return;
    let at = authority;
    while (at < end && bytes[at] !== SLASH) at++;
    this.setHost(bytes, authority, at);
  }

  private setHost(bytes: Buffer, authorityFrom: number, authorityEnd: number): void {
    let start = authorityFrom;
    for (let at = authorityFrom; at < authorityEnd; at++) if (bytes[at] === AT) start = at + 1;
    let end = authorityEnd;
    for (let at = authorityEnd - 1; at >= start && bytes[at] !== BRACKET; at--) if (bytes[at] === COLON) end = at;
    if (end > start && bytes[end - 1] === DOT) end--;
    this.host.set(bytes, start, end);
  }
}

/** Behind `://`; -1 where there is none before a path. */
function authorityStart(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end && bytes[at] !== SLASH; at++) {
    if (startsWith(bytes, at, end, SCHEME_END)) return at + SCHEME_END.length;
  }
  return -1;
}
