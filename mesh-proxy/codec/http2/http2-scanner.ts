/** Walks the frames in one direction of an HTTP/2 connection (RFC 9113), skips payloads by length, and accounts for streams. */
import { Buffer } from "node:buffer";
import { FLAG, FRAME, FRAME_BYTES_MAX_FIRST, FRAME_HEAD_BYTES, problemOfFrame } from "./frame.ts";
import { FrameCursor } from "./frame-cursor.ts";
import { HeaderBlock } from "./header-block.ts";
import type { HeaderFields } from "./header-fields.ts";
import { HeaderReader } from "./header-reader.ts";
import { HTTP2_EVENT, type Http2Event } from "./http2-event.ts";
import { StreamTable } from "./stream-table.ts";

export interface Http2Limits {
  readonly concurrentStreamsMax: number;
  /** Streams the client may reset beyond those that end well, before the connection is given up; see `StreamTable.forgiveResets`. */
  readonly resetCountMax: number;
  readonly headerBlockBytesMax: number;
  /** Largest payload accepted, whatever the receiver allows. */
  readonly frameBytesMax: number;
  /** Largest HPACK table kept. If the peers agree on a larger one, headers of that direction are no longer read. */
  readonly headerTableBytesMax: number;
}

export const HTTP2_LIMITS: Http2Limits = {
  concurrentStreamsMax: 4096,
  resetCountMax: 200,
  headerBlockBytesMax: 64 * 1024,
  frameBytesMax: 2 ** 20,
  headerTableBytesMax: 64 * 1024,
};

export interface Http2Scanners {
  readonly client: Http2Scanner;
  readonly server: Http2Scanner;
  readonly streams: StreamTable;
}

/**
 * The scanners of one connection: feed `client` what the client sends from the preface on, and `server` what comes back.
 * With `readsHeaders` HPACK is decoded for method, path, status and grpc-status; without, payloads are not touched.
 */
export function createHttp2Scanners(options: {
  readonly readsHeaders: boolean;
  /** Asked at each request: whether more of its headers is wanted; see `fields`. */
  readonly keepsFields?: () => boolean;
  readonly limits?: Http2Limits;
}): Http2Scanners {
  const limits = options.limits ?? HTTP2_LIMITS;
  const streams = new StreamTable(limits.concurrentStreamsMax);
  const reader = (keepsFields?: () => boolean) =>
    options.readsHeaders ? new HeaderReader(limits.headerTableBytesMax, keepsFields) : undefined;
  const fromClient = { frameBytesMax: FRAME_BYTES_MAX_FIRST, headers: reader(options.keepsFields) };
  const fromServer = { frameBytesMax: FRAME_BYTES_MAX_FIRST, headers: reader() };
  return {
    client: new Http2Scanner({ side: "client", limits, streams, sends: fromClient, receives: fromServer }),
    server: new Http2Scanner({ side: "server", limits, streams, sends: fromServer, receives: fromClient }),
    streams,
  };
}

/** What one side may send: the other side's SETTINGS decide. */
interface Permission {
  frameBytesMax: number;
  readonly headers: HeaderReader | undefined;
}

interface ScannerParts {
  readonly side: "client" | "server";
  readonly limits: Http2Limits;
  readonly streams: StreamTable;
  readonly sends: Permission;
  readonly receives: Permission;
}

const SETTING_HEADER_TABLE_SIZE = 1;
const SETTING_FRAME_SIZE_MAX = 5;
/** RST_STREAM, GOAWAY: what is read of them. */
const CONTROL_BYTES_MAX = 8;

export class Http2Scanner {
  /** Bytes of the chunk before this offset are dealt with; pass it to the next call. */
  offset = 0;
  streamId = 0;
  /** A small number that is the stream's own while it is open; for tables of start times and the like. */
  slot = -1;
  bytesUp = 0;
  bytesDown = 0;
  wasReset = false;
  /** Of `requestEnded`: 0 unless headers are read. */
  statusCode = 0;
  /** Of `requestEnded`: -1 when there was none, or headers are not read. */
  grpcStatus = -1;
  /** See `methodName`; 0 unless headers are read. */
  method = 0;
  /** Of `requestStarted`: "" unless headers are read. */
  path = "";
  errorCode = 0;
  reason = "";

  private readonly parts: ScannerParts;
  private readonly isClient: boolean;
  private readonly block: HeaderBlock;
  private readonly frame: FrameCursor;
  private readonly control = Buffer.alloc(CONTROL_BYTES_MAX);
  private settings: Buffer = Buffer.alloc(0);
  private isFirstFrame = true;
  private isRejected = false;

  constructor(parts: ScannerParts) {
    this.parts = parts;
    this.isClient = parts.side === "client";
    this.frame = new FrameCursor(this.isClient);
    this.block = new HeaderBlock(parts.limits.headerBlockBytesMax);
  }

  /** Whether a whole frame may be put in here: behind the first one, and not inside a frame or a header block. */
  get isBetweenFrames(): boolean {
    return !this.isFirstFrame && !this.frame.isInFrame && this.block.streamId === 0;
  }

  /** Of `requestStarted`: what says whose request it is, where it was asked for. */
  get fields(): HeaderFields | undefined {
    return this.parts.sends.headers?.kept;
  }

  /** Why headers of this side are no longer read, or "". Metering goes on without them. */
  get headersProblem(): string {
    return this.parts.sends.headers?.problem ?? "";
  }

  /** Goes on at `buffer[start, end)`. Call with `offset` as the next start until it says `needMore` or `rejected`. */
  next(buffer: Buffer, start: number, end: number): Http2Event {
    if (this.isRejected) return HTTP2_EVENT.rejected;
    const { frame } = this;
    frame.offset = start;
    const event = frame.takePreface(buffer, end) ? this.frames(buffer, end) : this.stopInPreface();
    this.offset = frame.offset;
    return event;
  }

  /** The peer sent its end of stream: `needMore` between frames, else `rejected`. */
  finish(): Http2Event {
    if (this.isRejected) return HTTP2_EVENT.rejected;
    if (this.frame.isInPreface) return this.reject("connection ended inside the preface");
    if (this.frame.isInFrame) return this.reject("connection ended inside a frame");
    return HTTP2_EVENT.needMore;
  }

  /** When the connection is gone: `requestEnded` (as reset) for each stream that is still open, then `needMore`. */
  nextAbandoned(): Http2Event {
    const slot = this.parts.streams.anyStarted();
    return slot < 0 ? HTTP2_EVENT.needMore : this.endRequest(slot, true);
  }

  private stopInPreface(): Http2Event {
    const { wrongPrefaceByte } = this.frame;
    if (wrongPrefaceByte < 0) return HTTP2_EVENT.needMore;
    return this.reject(`byte ${wrongPrefaceByte} of the HTTP/2 preface is wrong`);
  }

  /** Up to the first frame that has something to tell. */
  private frames(buffer: Buffer, end: number): Http2Event {
    const { frame } = this;
    for (;;) {
      if (!frame.isInPayload) {
        if (!frame.takeHead(buffer, end)) return HTTP2_EVENT.needMore;
        const problem = this.problemOfFrame();
        if (problem !== "") return this.reject(problem);
        this.isFirstFrame = false;
      }
      this.takePayload(buffer, end);
      if (frame.remainingBytes > 0) return HTTP2_EVENT.needMore;
      frame.isInPayload = false;
      const event = this.endFrame();
      if (event !== HTTP2_EVENT.needMore) return event;
    }
  }

  private problemOfFrame(): string {
    const { type, flags, length, streamId } = this.frame;
    const lengthMax = Math.min(this.parts.sends.frameBytesMax, this.parts.limits.frameBytesMax);
    if (length > lengthMax) return `frame has ${length} bytes, at most ${lengthMax} are accepted`;
    if (this.isFirstFrame && (type !== FRAME.settings || (flags & FLAG.ack) !== 0))
      return "first frame is not SETTINGS";
    const isContinuation = type === FRAME.continuation;
    if (isContinuation !== (this.block.streamId !== 0)) {
      return isContinuation ? "CONTINUATION without a header block" : "header block is interrupted by another frame";
    }
    if (isContinuation && streamId !== this.block.streamId)
      return "CONTINUATION on another stream than its header block";
    const problem = problemOfFrame(type, flags, streamId, length);
    if (problem !== "") return problem;
    return this.problemOfStream() || (this.isBlockFrame() ? this.block.startFrame(type, flags, streamId, length) : "");
  }

  /** Streams that were closed may still see frames on their way; streams that nobody opened may not. */
  private problemOfStream(): string {
    const { type, streamId } = this.frame;
    if (type === FRAME.pushPromise) return this.isClient ? "PUSH_PROMISE from a client" : "";
    if (type !== FRAME.data && type !== FRAME.headers && type !== FRAME.rstStream) return "";
    const isPushed = streamId % 2 === 0;
    if (isPushed)
      return this.isClient && type !== FRAME.rstStream
        ? `client sends on stream ${streamId}, which is the server's`
        : "";
    if (streamId <= this.parts.streams.lastStreamId || (this.isClient && type === FRAME.headers)) return "";
    return `frame of type ${type} on stream ${streamId}, which is not open`;
  }

  private isBlockFrame(): boolean {
    return (
      this.frame.type === FRAME.headers ||
      this.frame.type === FRAME.continuation ||
      this.frame.type === FRAME.pushPromise
    );
  }

  private takePayload(buffer: Buffer, end: number): void {
    const { frame } = this;
    const from = frame.offset;
    const to = from + Math.min(frame.remainingBytes, end - from);
    const done = frame.length - frame.remainingBytes;
    if (frame.type === FRAME.settings) this.keepSettings(buffer, from, to);
    else if (frame.type === FRAME.goAway && done < CONTROL_BYTES_MAX) buffer.copy(this.control, done, from, to);
    else if (this.parts.sends.headers !== undefined && this.isBlockFrame()) this.block.append(buffer, from, to);
    frame.offset = to;
    frame.remainingBytes -= to - from;
  }

  private keepSettings(buffer: Buffer, from: number, to: number): void {
    const { length, remainingBytes } = this.frame;
    if (this.settings.length < length) this.settings = Buffer.alloc(length);
    buffer.copy(this.settings, length - remainingBytes, from, to);
  }

  private endFrame(): Http2Event {
    switch (this.frame.type) {
      case FRAME.data:
        return this.endData();
      case FRAME.headers:
      case FRAME.continuation:
      case FRAME.pushPromise:
        return this.endHeaders();
      case FRAME.rstStream:
        return this.endReset();
      case FRAME.settings:
        return this.endSettings();
      case FRAME.goAway:
        this.streamId = this.control.readUInt32BE(0) & 0x7fff_ffff;
        this.errorCode = this.control.readUInt32BE(4);
        return HTTP2_EVENT.goAway;
      default:
        return HTTP2_EVENT.needMore;
    }
  }

  private endData(): Http2Event {
    const slot = this.parts.streams.find(this.frame.streamId);
    if (slot < 0) return HTTP2_EVENT.needMore;
    this.count(slot, FRAME_HEAD_BYTES + this.frame.length);
    return (this.frame.flags & FLAG.endStream) === 0 ? HTTP2_EVENT.needMore : this.endSide(slot);
  }

  private endHeaders(): Http2Event {
    const { streams } = this.parts;
    const isReading = this.parts.sends.headers !== undefined;
    const problem = isReading ? this.block.trimFrame(this.frame.type, this.frame.flags) : "";
    if (problem !== "") return this.reject(problem);
    const isStart = this.isClient && this.frame.type === FRAME.headers && this.frame.streamId > streams.lastStreamId;
    const slot = isStart ? streams.open(this.frame.streamId) : streams.find(this.frame.streamId);
    if (isStart && slot < 0) return this.reject(`more than ${this.parts.limits.concurrentStreamsMax} streams are open`);
    if (slot >= 0) this.count(slot, FRAME_HEAD_BYTES + this.frame.length);
    return (this.frame.flags & FLAG.endHeaders) === 0 ? HTTP2_EVENT.needMore : this.endBlock(slot);
  }

  private endBlock(slot: number): Http2Event {
    const { streams, sends } = this.parts;
    const { headers } = sends;
    const { endsStream, isPushPromise } = this.block;
    this.block.streamId = 0;
    headers?.read(this.block.bytes, this.block.byteCount);
    if (slot < 0 || isPushPromise) return HTTP2_EVENT.needMore;
    if (this.isClient && streams.hasStarted[slot] === 0) return this.startRequest(slot, endsStream);
    if (headers !== undefined && !this.isClient) {
      if (headers.statusCode >= 200) streams.statusCodes[slot] = headers.statusCode;
      if (headers.grpcStatus >= 0) streams.grpcStatuses[slot] = headers.grpcStatus;
    }
    return endsStream ? this.endSide(slot) : HTTP2_EVENT.needMore;
  }

  private startRequest(slot: number, endsStream: boolean): Http2Event {
    const { streams, sends } = this.parts;
    const { headers } = sends;
    streams.hasStarted[slot] = 1;
    this.streamId = this.frame.streamId;
    this.slot = slot;
    this.method = headers?.method ?? 0;
    this.path = headers?.path ?? "";
    streams.methods[slot] = this.method;
    if (endsStream) streams.hasClientEnded[slot] = 1;
    return HTTP2_EVENT.requestStarted;
  }

  private endReset(): Http2Event {
    const { streams, limits } = this.parts;
    const slot = streams.find(this.frame.streamId);
    if (slot < 0) return HTTP2_EVENT.needMore;
    this.count(slot, FRAME_HEAD_BYTES + this.frame.length);
    if (this.isClient && ++streams.resetCount > limits.resetCountMax) {
      return this.reject(`client reset more than ${limits.resetCountMax} streams in a short time`);
    }
    if (streams.hasStarted[slot] === 1) return this.endRequest(slot, true);
    streams.close(slot);
    return HTTP2_EVENT.needMore;
  }

  private endSide(slot: number): Http2Event {
    const { streams } = this.parts;
    if (this.isClient) streams.hasClientEnded[slot] = 1;
    else streams.hasServerEnded[slot] = 1;
    const isOver = streams.hasClientEnded[slot] === 1 && streams.hasServerEnded[slot] === 1;
    return isOver ? this.endRequest(slot, false) : HTTP2_EVENT.needMore;
  }

  private endRequest(slot: number, wasReset: boolean): Http2Event {
    const { streams } = this.parts;
    this.streamId = streams.streamIds[slot] as number;
    this.slot = slot;
    this.bytesUp = streams.bytesUp[slot] as number;
    this.bytesDown = streams.bytesDown[slot] as number;
    this.statusCode = streams.statusCodes[slot] as number;
    this.grpcStatus = streams.grpcStatuses[slot] as number;
    this.method = streams.methods[slot] as number;
    this.wasReset = wasReset;
    if (!wasReset) streams.forgiveResets(1);
    streams.close(slot);
    return HTTP2_EVENT.requestEnded;
  }

  private endSettings(): Http2Event {
    const { receives, limits } = this.parts;
    for (let at = 0; at < this.frame.length; at += 6) {
      const id = this.settings.readUInt16BE(at);
      const value = this.settings.readUInt32BE(at + 2);
      if (id === SETTING_FRAME_SIZE_MAX) {
        if (value < FRAME_BYTES_MAX_FIRST || value > 0xff_ffff)
          return this.reject(`SETTINGS_MAX_FRAME_SIZE is ${value}`);
        receives.frameBytesMax = Math.max(receives.frameBytesMax, Math.min(value, limits.frameBytesMax));
      }
      if (id === SETTING_HEADER_TABLE_SIZE) receives.headers?.allowTableBytes(value);
    }
    return HTTP2_EVENT.needMore;
  }

  private count(slot: number, byteCount: number): void {
    const bytes = this.isClient ? this.parts.streams.bytesUp : this.parts.streams.bytesDown;
    bytes[slot] = (bytes[slot] as number) + byteCount;
  }

  private reject(reason: string): Http2Event {
    this.isRejected = true;
    this.reason = reason;
    return HTTP2_EVENT.rejected;
  }
}
