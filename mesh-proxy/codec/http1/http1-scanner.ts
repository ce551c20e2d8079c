/** Finds the messages in one direction of an HTTP/1 connection (RFC 9112), strictly, and without looking at bodies. */
import { Buffer } from "node:buffer";
import { CR, LF } from "./character.ts";
import { ChunkedFraming } from "./chunked-framing.ts";
import { HEAD_PROGRESS, HeadParser } from "./head-parser.ts";
import { HeadStore } from "./head-store.ts";
import { HTTP1_EVENT, type Http1Event } from "./http1-event.ts";
import { METHOD } from "./method.ts";
import { PendingRequests, UPGRADE } from "./pending-requests.ts";

export interface Http1Limits {
  readonly headBytesMax: number;
  readonly headerCountMax: number;
  readonly trailerBytesMax: number;
  /** Bytes of extensions on one chunk. */
  readonly extensionBytesMax: number;
  /** Requests without a complete response; more wait. */
  readonly pendingRequestCountMax: number;
}

export const HTTP1_LIMITS: Http1Limits = {
  headBytesMax: 16 * 1024,
  headerCountMax: 100,
  trailerBytesMax: 8 * 1024,
  extensionBytesMax: 256,
  pendingRequestCountMax: 256,
};

/** The scanners of one connection. They share which requests wait for their response, so use both, request bytes first. */
export function createHttp1Scanners(limits: Http1Limits = HTTP1_LIMITS): {
  readonly request: Http1Scanner;
  readonly response: Http1Scanner;
} {
  const pending = new PendingRequests(limits.pendingRequestCountMax);
  return {
    request: new Http1Scanner("request", limits, pending),
    response: new Http1Scanner("response", limits, pending),
  };
}

const BEFORE_HEAD = 0;
const EMPTY_LINE = 1;
const HEAD = 2;
const FIXED_BODY = 3;
const CHUNKED_BODY = 4;
const BODY_UNTIL_CLOSE = 5;
const AFTER_UPGRADE_REQUEST = 6;
const TUNNEL = 7;
const CLOSED = 8;
const REJECTED = 9;

const NO_BYTES = Buffer.alloc(0);

export class Http1Scanner {
  /** Bytes of the chunk before this offset are dealt with; pass it to the next call. */
  offset = 0;
  /** What the last event speaks of: `bytes[from, to)`. Is `isStored`, `bytes` are the scanner's own and change with the next call. */
  bytes: Buffer = NO_BYTES;
  from = 0;
  to = 0;
  isStored = false;
  /** Describes the message since its `head` event, until the next message starts. Offsets count from `from` of that event. */
  readonly head: HeadParser;
  headByteCount = 0;
  /** Body bytes on the wire so far, chunk framing included. */
  bodyByteCount = 0;
  /** Whether the connection can carry another message after this one. */
  isKeepAlive = true;
  /** A 1xx response other than 101: another head follows, and no `end` of its own. */
  isInterim = false;
  /** Counts requests from 1; for a response, which request it answers. */
  sequence = 0;
  reason = "";

  private readonly role: "request" | "response";
  private readonly limits: Http1Limits;
  private readonly pending: PendingRequests;
  private readonly chunked: ChunkedFraming;
  private readonly store: HeadStore;
  private state = BEFORE_HEAD;
  private hasEmptyLine = false;
  private remainingBytes = 0;

  constructor(role: "request" | "response", limits: Http1Limits, pending: PendingRequests) {
    this.role = role;
    this.limits = limits;
    this.pending = pending;
    this.head = new HeadParser(role, limits.headerCountMax);
    this.chunked = new ChunkedFraming(limits);
    this.store = new HeadStore(limits.headBytesMax);
  }

  /** Requests seen whose response is not complete; the connection is idle at 0. */
  get pendingRequestCount(): number {
    return this.pending.requestCount - this.pending.answeredCount;
  }

  /** Goes on at `buffer[start, end)`. Call with `offset` as the next start until it says `needMore`, `held` or `rejected`. */
  next(buffer: Buffer, start: number, end: number): Http1Event {
    this.offset = start;
    switch (this.state) {
      case BEFORE_HEAD:
      case EMPTY_LINE:
        return this.beforeHead(buffer, end);
      case HEAD:
        return this.storedHead(buffer, end);
      case FIXED_BODY:
        return this.fixedBody(buffer, end);
      case CHUNKED_BODY:
        return this.chunkedBody(buffer, end);
      case BODY_UNTIL_CLOSE:
        return start === end ? HTTP1_EVENT.needMore : this.pass(buffer, end, HTTP1_EVENT.body);
      case AFTER_UPGRADE_REQUEST:
        return this.afterUpgradeRequest(buffer, end);
      case TUNNEL:
        return start === end ? HTTP1_EVENT.needMore : this.pass(buffer, end, HTTP1_EVENT.tunnel);
      case CLOSED:
        return start === end ? HTTP1_EVENT.needMore : this.reject("bytes follow a message that closes the connection");
      default:
        return HTTP1_EVENT.rejected;
    }
  }

  /** The peer sent its end of stream: `end` for a body that lasts until then, `needMore` between messages, else `rejected`. */
  finish(): Http1Event {
    switch (this.state) {
      case BODY_UNTIL_CLOSE:
        return this.endMessage();
      case BEFORE_HEAD:
        return this.isInterim ? this.reject("connection ended behind an interim response") : HTTP1_EVENT.needMore;
      case AFTER_UPGRADE_REQUEST:
      case TUNNEL:
      case CLOSED:
        return HTTP1_EVENT.needMore;
      case REJECTED:
        return HTTP1_EVENT.rejected;
      default:
        return this.reject("connection ended inside a message");
    }
  }

  private beforeHead(buffer: Buffer, end: number): Http1Event {
    while (this.offset < end) {
      const byte = buffer[this.offset];
      if (this.state === EMPTY_LINE) {
        if (byte !== LF) return this.reject("empty line before a request has a CR without LF");
        this.state = BEFORE_HEAD;
        this.hasEmptyLine = true;
      } else if (byte === CR && this.role === "request" && !this.hasEmptyLine) {
        this.state = EMPTY_LINE;
      } else {
        return this.startHead(buffer, end);
      }
      this.offset++;
    }
    return HTTP1_EVENT.needMore;
  }

  private startHead(buffer: Buffer, end: number): Http1Event {
    if (this.role === "response" && this.pending.isEmpty) return this.reject("response to no request");
    if (this.role === "request" && this.pending.isFull) return HTTP1_EVENT.held;
    this.head.reset();
    const start = this.offset;
    const progress = this.head.parse(buffer, start, Math.min(end, start + this.limits.headBytesMax));
    if (progress === HEAD_PROGRESS.rejected) return this.reject(this.head.reason);
    if (progress === HEAD_PROGRESS.complete) {
      this.offset = start + this.head.byteCount;
      return this.completeHead(buffer, start, false);
    }
    if (this.head.byteCount >= this.limits.headBytesMax) return this.rejectLongHead();
    this.store.append(buffer, start, end);
    this.offset = end;
    this.state = HEAD;
    return HTTP1_EVENT.needMore;
  }

  /** Only as much is copied as belongs to the head in all likelihood, as the rest would be copied for nothing. */
  private storedHead(buffer: Buffer, end: number): Http1Event {
    while (this.offset < end) {
      const before = this.store.byteCount;
      const piece = Math.min(end - this.offset, 512, this.limits.headBytesMax - before);
      this.store.append(buffer, this.offset, this.offset + piece);
      const progress = this.head.parse(this.store.bytes, 0, this.store.byteCount);
      if (progress === HEAD_PROGRESS.rejected) return this.reject(this.head.reason);
      if (progress === HEAD_PROGRESS.complete) {
        this.offset += this.head.byteCount - before;
        return this.completeHead(this.store.bytes, 0, true);
      }
      if (this.head.byteCount >= this.limits.headBytesMax) return this.rejectLongHead();
      this.offset += piece;
    }
    return HTTP1_EVENT.needMore;
  }

  private completeHead(bytes: Buffer, start: number, isStored: boolean): Http1Event {
    this.bytes = bytes;
    this.from = start;
    this.to = start + this.head.byteCount;
    this.isStored = isStored;
    this.store.clear();
    this.hasEmptyLine = false;
    this.headByteCount = this.head.byteCount;
    this.bodyByteCount = 0;
    const { fields, versionMinor } = this.head;
    if (fields.isChunked && fields.contentLength >= 0)
      return this.reject("Content-Length and Transfer-Encoding exclude each other");
    if (fields.isChunked && versionMinor === 0) return this.reject("Transfer-Encoding in HTTP/1.0");
    this.isKeepAlive = versionMinor === 1 ? !fields.saysClose : fields.saysKeepAlive && !fields.saysClose;
    return this.role === "request" ? this.completeRequestHead() : this.completeResponseHead();
  }

  private completeRequestHead(): Http1Event {
    const { fields, method } = this.head;
    if (method === METHOD.connect && (fields.isChunked || fields.contentLength > 0))
      return this.reject("CONNECT with a body");
    this.pending.push(method, fields.saysUpgrade && fields.hasUpgrade);
    this.sequence = this.pending.requestCount;
    this.enterBody(fields.isChunked ? CHUNKED_BODY : FIXED_BODY, Math.max(0, fields.contentLength));
    return HTTP1_EVENT.head;
  }

  private completeResponseHead(): Http1Event {
    const { fields, statusCode } = this.head;
    const { method, wantsUpgrade } = this.pending;
    this.sequence = this.pending.answeredCount + 1;
    this.isInterim = statusCode < 200 && statusCode !== 101;
    if (this.isInterim) {
      this.state = BEFORE_HEAD;
      return HTTP1_EVENT.head;
    }
    if (statusCode === 101 && !wantsUpgrade) return this.reject("101 to a request that asked for no upgrade");
    this.pending.settleUpgrade(statusCode === 101 || (method === METHOD.connect && statusCode < 300));
    const isBodiless = method === METHOD.head || statusCode === 101 || statusCode === 204 || statusCode === 304;
    if (isBodiless || this.pending.upgrade === UPGRADE.granted) this.enterBody(FIXED_BODY, 0);
    else if (fields.isChunked) this.enterBody(CHUNKED_BODY, 0);
    else if (fields.contentLength >= 0) this.enterBody(FIXED_BODY, fields.contentLength);
    else this.enterBody(BODY_UNTIL_CLOSE, 0);
    return HTTP1_EVENT.head;
  }

  private enterBody(state: number, byteCount: number): void {
    this.state = state;
    this.remainingBytes = byteCount;
    if (state === CHUNKED_BODY) this.chunked.reset();
    if (state === BODY_UNTIL_CLOSE) this.isKeepAlive = false;
  }

  private fixedBody(buffer: Buffer, end: number): Http1Event {
    if (this.remainingBytes === 0) return this.endMessage();
    if (this.offset === end) return HTTP1_EVENT.needMore;
    const to = Math.min(end, this.offset + this.remainingBytes);
    this.remainingBytes -= to - this.offset;
    return this.pass(buffer, to, HTTP1_EVENT.body);
  }

  private chunkedBody(buffer: Buffer, end: number): Http1Event {
    if (this.chunked.isDone) return this.endMessage();
    const to = this.chunked.advance(buffer, this.offset, end);
    if (to > this.offset) return this.pass(buffer, to, HTTP1_EVENT.body);
    return this.chunked.reason === "" ? HTTP1_EVENT.needMore : this.reject(this.chunked.reason);
  }

  private endMessage(): Http1Event {
    if (this.role === "request") {
      const mayLeaveHttp = this.pending.upgrade !== UPGRADE.none;
      if (mayLeaveHttp) this.state = AFTER_UPGRADE_REQUEST;
      else this.state = this.isKeepAlive ? BEFORE_HEAD : CLOSED;
      return HTTP1_EVENT.end;
    }
    const isTunnel = this.pending.upgrade === UPGRADE.granted;
    this.pending.shift();
    if (isTunnel) this.state = TUNNEL;
    else this.state = this.isKeepAlive ? BEFORE_HEAD : CLOSED;
    return HTTP1_EVENT.end;
  }

  private afterUpgradeRequest(buffer: Buffer, end: number): Http1Event {
    if (this.offset === end) return HTTP1_EVENT.needMore;
    if (this.pending.upgrade === UPGRADE.waiting) return HTTP1_EVENT.held;
    const isGranted = this.pending.upgrade === UPGRADE.granted;
    if (isGranted) this.state = TUNNEL;
    else {
      this.pending.upgrade = UPGRADE.none;
      this.state = this.isKeepAlive ? BEFORE_HEAD : CLOSED;
    }
    return this.next(buffer, this.offset, end);
  }

  private pass(buffer: Buffer, to: number, event: Http1Event): Http1Event {
    this.bytes = buffer;
    this.isStored = false;
    this.from = this.offset;
    this.to = to;
    this.bodyByteCount += to - this.offset;
    this.offset = to;
    return event;
  }

  private rejectLongHead(): Http1Event {
    return this.reject(`head is longer than ${this.limits.headBytesMax} bytes`);
  }

  private reject(reason: string): Http1Event {
    this.state = REJECTED;
    this.reason = reason;
    return HTTP1_EVENT.rejected;
  }
}
