/**
 * One end of an HTTP/2 connection (RFC 9113), without its socket: takes what comes and writes frames to `out`. A gateway is the
 * server of one session and the client of others. It gives a stream's credit back only as its bytes drain (`drained`); that of the
 * connection at once, so that one stalled stream holds up no other. So at most `windowBytes` wait per open stream.
 */
import { Buffer } from "node:buffer";
import { ERROR_CODE } from "../error-code.ts";
import { FRAME, FRAME_BYTES_MAX_FIRST, FRAME_HEAD_BYTES } from "../frame.ts";
import { FrameWriter, type OutputBuffers } from "../frame-writer.ts";
import type { HeaderBlock } from "../header-block.ts";
import { HeaderFields } from "../header-fields.ts";
import { HpackDecoder } from "../hpack/hpack-decoder.ts";
import { HpackEncoder } from "../hpack/hpack-encoder.ts";
import { problemOfFields } from "../judge-fields.ts";
import { Allowance } from "./allowance.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import { RecentIds } from "./recent-ids.ts";
import { SessionStream } from "./session-stream.ts";

export interface SessionLimits {
  /** Streams that a client may have open at a time. */
  readonly streamsMax: number;
  /** Of one header block's fields, as SETTINGS_MAX_HEADER_LIST_SIZE counts them. */
  readonly headerListBytesMax: number;
  /** What may come of one stream before it drains, 65,535 or more. */
  readonly windowBytes: number;
}

/** Never called for a stream that is closed. */
export interface SessionEvents<T> {
  /** To the server: a client opened a stream. */
  request(stream: SessionStream<T>, fields: HeaderFields, isEnd: boolean): void;
  /** To the client: an interim response where `isInterim`, else the final one. */
  response(stream: SessionStream<T>, fields: HeaderFields, isEnd: boolean, isInterim: boolean): void;
  /** With them the peer's side ends. */
  trailers(stream: SessionStream<T>, fields: HeaderFields): void;
  /** Call `drained` when they are no longer needed. `isEnd`: the peer's side ends with them. */
  data(stream: SessionStream<T>, bytes: Buffer, from: number, to: number, isEnd: boolean): void;
  /** By the peer, or because the peer broke a rule (`isOwn`). It is closed. */
  reset(stream: SessionStream<T>, code: number, isOwn: boolean): void;
  /** More may be sent on it; on all of them without one. */
  windowOpened(stream?: SessionStream<T>): void;
  /** The peer takes no more streams, and has not touched those above `lastStreamId`. */
  goAway(lastStreamId: number, code: number): void;
  /** The peer broke a rule of the connection: GOAWAY is written, and nothing more is read. */
  failed(code: number, reason: string): void;
}

const WINDOW_FIRST = 65_535;
const WINDOW_MAX = 2 ** 31 - 1;
const CONNECTION_WINDOW = 2 ** 24;
const STREAM_ID_MAX = 2 ** 31 - 1;
const HEADER_TABLE_BYTES = 4096;
const HEADER_BLOCK_BYTES_MAX = 64 * 1024;
/** What a server is taken for until its settings come (RFC 9113 section 6.5.2 recommends no less). */
const PEER_STREAMS_FIRST = 100;
const INTERIM_COUNT_MAX = 16;
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const SETTING = { headerTable: 1, enablePush: 2, streams: 3, window: 4, frameSize: 5, headerList: 6 } as const;

export class Http2Session<T> implements FrameSink {
  readonly out: FrameWriter;
  readonly streams = new Map<number, SessionStream<T>>();
  /** The highest that the client opened. */
  lastStreamId = 0;
  /** As many the peer takes at a time. */
  peerStreamsMax = PEER_STREAMS_FIRST;
  /** The peer's settings came. */
  hasSettings = false;
  isOver = false;

  private readonly isServer: boolean;
  private readonly limits: SessionLimits;
  private readonly events: SessionEvents<T>;
  private readonly reader: FrameReader;
  private readonly decoder = new HpackDecoder(HEADER_TABLE_BYTES);
  private readonly encoder = new HpackEncoder();
  private readonly ownResets = new RecentIds();
  private readonly peerResets = new RecentIds();
  /** Streams that a client may break off, see CVE-2023-44487, or have broken off by breaking rules (CVE-2025-8671). */
  private readonly resets = new Allowance(200, 100);
  /** Frames that cost work and move nothing. */
  private readonly idleFrames = new Allowance(4000, 2000);
  private nowMs = 0;
  private sendWindow = WINDOW_FIRST;
  private streamSendWindow = WINDOW_FIRST;
  private receiveWindow = CONNECTION_WINDOW;
  private credit = 0;
  private ackedGoAwayId = STREAM_ID_MAX;
  /** Of the DATA frame that is under way; undefined where its bytes are dropped. */
  private dataStream: SessionStream<T> | undefined;
  private dataEnds = false;
  private dataPaddingBytes = 0;

  constructor(
    role: "client" | "server",
    options: { readonly limits: SessionLimits; readonly events: SessionEvents<T>; readonly buffers: OutputBuffers },
  ) {
    this.isServer = role === "server";
    this.limits = options.limits;
    this.events = options.events;
    this.out = new FrameWriter(options.buffers);
    this.reader = new FrameReader(this, {
      hasPreface: this.isServer,
      headerBlockBytesMax: HEADER_BLOCK_BYTES_MAX,
    });
  }

  /** Writes the preface and settings; first of all calls. */
  start(): void {
    const { limits, out } = this;
    if (!this.isServer) out.raw(PREFACE, 0, PREFACE.length);
    out.settings([
      this.isServer ? [SETTING.streams, limits.streamsMax] : [SETTING.enablePush, 0],
      [SETTING.window, limits.windowBytes],
      [SETTING.headerList, limits.headerListBytesMax],
    ]);
    out.windowUpdate(0, CONNECTION_WINDOW - WINDOW_FIRST);
  }

  take(bytes: Buffer, from: number, to: number, nowMs: number): void {
    this.nowMs = nowMs;
    this.reader.take(bytes, from, to);
  }

  /** As the client. Undefined when the peer takes no more now, or the numbers are used up. */
  open(owner: T): SessionStream<T> | undefined {
    if (this.streams.size >= this.peerStreamsMax || this.lastStreamId >= STREAM_ID_MAX - 2) return undefined;
    const stream = this.newStream(this.lastStreamId === 0 ? 1 : this.lastStreamId + 2);
    stream.owner = owner;
    return stream;
  }

  sendHeaders(stream: SessionStream<T>, fields: HeaderFields, isEnd: boolean): void {
    if (stream.isClosed || stream.isLocalEnded) return;
    this.out.startBlock();
    this.encoder.encode(fields, this.out);
    stream.sentBytes += this.out.endBlock(stream.id, isEnd);
    if (isEnd) this.endLocal(stream);
  }

  /** How many bytes `sendData` would take now. */
  room(stream: SessionStream<T>): number {
    return Math.max(0, Math.min(this.sendWindow, stream.sendWindow));
  }

  /** @returns how many of the bytes were taken; with the last of them the stream ends where `isEnd`. */
  sendData(stream: SessionStream<T>, bytes: Buffer, from: number, to: number, isEnd: boolean): number {
    if (stream.isClosed || stream.isLocalEnded) return to - from;
    const upTo = from + Math.min(to - from, this.room(stream));
    let at = from;
    while (at < upTo || (upTo === to && isEnd && !stream.isLocalEnded)) {
      const next = Math.min(upTo, at + FRAME_BYTES_MAX_FIRST);
      const isLast = isEnd && next === to;
      this.out.data(stream.id, bytes, at, next, isLast);
      stream.sentBytes += FRAME_HEAD_BYTES + next - at;
      at = next;
      if (isLast) this.endLocal(stream);
    }
    this.sendWindow -= upTo - from;
    stream.sendWindow -= upTo - from;
    return upTo - from;
  }

  /** Bytes that came are passed on: the peer may send as many again. */
  drained(stream: SessionStream<T>, byteCount: number): void {
    stream.credit += byteCount;
    if (stream.isClosed || stream.isRemoteEnded || stream.credit < this.limits.windowBytes / 2) return;
    this.out.windowUpdate(stream.id, stream.credit);
    stream.receiveWindow += stream.credit;
    stream.credit = 0;
  }

  reset(stream: SessionStream<T>, code: number): void {
    if (stream.isClosed) return;
    this.out.rstStream(stream.id, code);
    stream.sentBytes += FRAME_HEAD_BYTES + 4;
    this.ownResets.add(stream.id);
    this.close(stream);
  }

  /** As the server: says that streams above `lastStreamId` are not taken, and ignores them from now on. */
  goAway(lastStreamId = STREAM_ID_MAX, code: number = ERROR_CODE.none, reason = ""): void {
    this.ackedGoAwayId = lastStreamId;
    this.out.goAway(lastStreamId, code, reason);
  }

  /** Called by the reader. */
  dataStarted(streamId: number, length: number, endsStream: boolean): void {
    this.dataStream = undefined;
    this.receiveWindow -= length;
    if (this.receiveWindow < 0) {
      this.failed(ERROR_CODE.flowControl, "more DATA than the connection's window");
      return;
    }
    this.returnConnectionCredit(length);
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      this.onClosed(FRAME.data, streamId);
      return;
    }
    stream.receivedBytes += FRAME_HEAD_BYTES + length;
    if (stream.isRemoteEnded) {
      this.breakOff(stream, ERROR_CODE.streamClosed);
      return;
    }
    if (!stream.hasHead) {
      this.breakOff(stream, ERROR_CODE.protocol);
      return;
    }
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) {
      this.breakOff(stream, ERROR_CODE.flowControl);
      return;
    }
    if (length === 0 && !endsStream && !this.allows(this.idleFrames)) return;
    this.dataStream = stream;
    this.dataEnds = endsStream;
    this.dataPaddingBytes = length;
  }

  /** Called by the reader. */
  data(bytes: Buffer, from: number, to: number, isLast: boolean): void {
    const stream = this.dataStream;
    if (stream === undefined || stream.isClosed) return;
    this.dataPaddingBytes -= to - from;
    const isEnd = isLast && this.dataEnds;
    if (stream.contentLeft >= 0) {
      stream.contentLeft -= to - from;
      if (stream.contentLeft < 0 || (isEnd && stream.contentLeft > 0)) {
        this.breakOff(stream, ERROR_CODE.protocol);
        return;
      }
    }
    if (isLast && this.dataPaddingBytes > 0) this.drained(stream, this.dataPaddingBytes);
    if (isEnd) this.endRemote(stream);
    this.events.data(stream, bytes, from, to, isEnd);
  }

  /** Called by the reader. */
  block(streamId: number, endsStream: boolean, block: HeaderBlock, wireBytes: number): void {
    const fields = new HeaderFields(this.limits.headerListBytesMax);
    const problem = this.decoder.decode(block.bytes, 0, block.byteCount, fields);
    if (problem !== "") {
      this.failed(ERROR_CODE.compression, problem);
      return;
    }
    const known = this.streams.get(streamId);
    if (known === undefined && this.isServer && streamId > this.lastStreamId) {
      this.openedByClient(block, { streamId, fields, isEnd: endsStream, wireBytes });
      return;
    }
    if (known === undefined) {
      this.onClosed(FRAME.headers, streamId);
      return;
    }
    known.receivedBytes += wireBytes;
    if (known.isRemoteEnded) {
      this.breakOff(known, ERROR_CODE.streamClosed);
      return;
    }
    if (known.hasHead) this.takeTrailers(known, fields, endsStream);
    else this.takeResponse(known, fields, endsStream);
  }

  /** Called by the reader. */
  control(type: number, isAck: boolean, streamId: number, payload: Buffer, length: number): void {
    switch (type) {
      case FRAME.settings:
        if (!isAck && this.allows(this.idleFrames)) this.takeSettings(payload, length);
        return;
      case FRAME.ping:
        if (!isAck && this.allows(this.idleFrames)) this.out.pingAck(payload);
        return;
      case FRAME.priority:
        this.allows(this.idleFrames);
        return;
      case FRAME.rstStream:
        this.takeReset(streamId, payload.readUInt32BE(0));
        return;
      case FRAME.goAway:
        this.events.goAway(payload.readUInt32BE(0) & WINDOW_MAX, payload.readUInt32BE(4));
        return;
      case FRAME.windowUpdate:
        this.takeWindowUpdate(streamId, payload.readUInt32BE(0) & WINDOW_MAX);
        return;
    }
  }

  /** Called by the reader, and by whoever finds the peer unbearable. */
  failed(code: number, reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.reader.stop();
    this.out.goAway(this.isServer ? this.lastStreamId : 0, code, reason);
    this.events.failed(code, reason);
  }

  private openedByClient(
    { dependsOn }: HeaderBlock,
    {
      streamId,
      fields,
      isEnd,
      wireBytes,
    }: { streamId: number; fields: HeaderFields; isEnd: boolean; wireBytes: number },
  ): void {
    if (streamId % 2 === 0) {
      this.failed(ERROR_CODE.protocol, `client opens stream ${streamId}`);
      return;
    }
    if (streamId > this.ackedGoAwayId) return;
    const stream = this.newStream(streamId);
    stream.receivedBytes = wireBytes;
    stream.hasHead = true;
    if (this.streams.size > this.limits.streamsMax) {
      this.breakOff(stream, ERROR_CODE.refusedStream);
      return;
    }
    if (dependsOn === streamId || (problemOfFields(fields, "request") !== "" && !fields.isTooLarge)) {
      this.breakOff(stream, ERROR_CODE.protocol);
      return;
    }
    const length = fields.get("content-length");
    if (length !== undefined) stream.contentLeft = wholeNumber(length);
    const isFalse = length !== undefined && (stream.contentLeft < 0 || (isEnd && stream.contentLeft > 0));
    if (isFalse) {
      this.breakOff(stream, ERROR_CODE.protocol);
      return;
    }
    if (isEnd) this.endRemote(stream);
    this.events.request(stream, fields, isEnd);
  }

  private takeResponse(stream: SessionStream<T>, fields: HeaderFields, isEnd: boolean): void {
    if (fields.isTooLarge || problemOfFields(fields, "response") !== "") {
      this.breakOff(stream, ERROR_CODE.protocol);
      return;
    }
    const isInterim = fields.get(":status")?.startsWith("1") === true;
    if (isInterim && (isEnd || ++stream.interimCount > INTERIM_COUNT_MAX)) {
      this.breakOff(stream, ERROR_CODE.protocol);
      return;
    }
    stream.hasHead = !isInterim;
    if (isEnd) this.endRemote(stream);
    this.events.response(stream, fields, isEnd, isInterim);
  }

  private takeTrailers(stream: SessionStream<T>, fields: HeaderFields, isEnd: boolean): void {
    const isMalformed = fields.isTooLarge || problemOfFields(fields, "trailers") !== "";
    if (!isEnd || isMalformed || stream.contentLeft > 0) {
      this.breakOff(stream, ERROR_CODE.protocol);
      return;
    }
    this.endRemote(stream);
    this.events.trailers(stream, fields);
  }

  private takeReset(streamId: number, code: number): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (streamId > this.lastStreamId) this.failed(ERROR_CODE.protocol, `RST_STREAM on idle stream ${streamId}`);
      else this.allows(this.idleFrames);
      return;
    }
    stream.receivedBytes += FRAME_HEAD_BYTES + 4;
    this.peerResets.add(streamId);
    this.close(stream);
    this.events.reset(stream, code, false);
    if (this.isServer) this.allows(this.resets);
  }

  private takeWindowUpdate(streamId: number, increment: number): void {
    if (streamId === 0) {
      if (increment === 0) {
        this.failed(ERROR_CODE.protocol, "WINDOW_UPDATE by 0");
        return;
      }
      this.sendWindow += increment;
      if (this.sendWindow > WINDOW_MAX) {
        this.failed(ERROR_CODE.flowControl, "the window is too large");
        return;
      }
      this.events.windowOpened();
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (streamId > this.lastStreamId) this.failed(ERROR_CODE.protocol, `WINDOW_UPDATE on idle stream ${streamId}`);
      return;
    }
    if (increment === 0) {
      this.breakOff(stream, ERROR_CODE.protocol);
      return;
    }
    stream.sendWindow += increment;
    if (stream.sendWindow > WINDOW_MAX) {
      this.breakOff(stream, ERROR_CODE.flowControl);
      return;
    }
    this.events.windowOpened(stream);
  }

  private takeSettings(payload: Buffer, length: number): void {
    for (let at = 0; at < length; at += 6) {
      const problem = this.takeSetting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
      if (problem !== ERROR_CODE.none) {
        this.failed(problem, "a setting is out of its range");
        return;
      }
    }
    this.hasSettings = true;
    this.out.settingsAck();
    this.events.windowOpened();
  }

  /** @returns an error code. */
  private takeSetting(id: number, value: number): number {
    if (id === SETTING.headerTable) this.encoder.allowTableBytes(value);
    else if (id === SETTING.enablePush && value > (this.isServer ? 1 : 0)) return ERROR_CODE.protocol;
    else if (id === SETTING.streams) this.peerStreamsMax = value;
    else if (id === SETTING.frameSize && (value < FRAME_BYTES_MAX_FIRST || value > 0xff_ffff))
      return ERROR_CODE.protocol;
    else if (id === SETTING.window) {
      if (value > WINDOW_MAX) return ERROR_CODE.flowControl;
      const delta = value - this.streamSendWindow;
      this.streamSendWindow = value;
      for (const stream of this.streams.values()) {
        stream.sendWindow += delta;
        if (stream.sendWindow > WINDOW_MAX) return ERROR_CODE.flowControl;
      }
    }
    return ERROR_CODE.none;
  }

  /** A frame on a stream that is not open: late where it was reset, else against the rules (RFC 9113 section 5.1). */
  private onClosed(type: number, streamId: number): void {
    if (streamId > this.ackedGoAwayId || this.ownResets.has(streamId)) return;
    if (streamId > this.lastStreamId || streamId % 2 === 0) {
      this.failed(ERROR_CODE.protocol, `frame of type ${type} on stream ${streamId}, which is idle`);
      return;
    }
    if (!this.peerResets.has(streamId)) {
      this.failed(ERROR_CODE.streamClosed, `frame of type ${type} on stream ${streamId}, which has ended`);
      return;
    }
    if (this.allows(this.resets)) this.out.rstStream(streamId, ERROR_CODE.streamClosed);
  }

  private breakOff(stream: SessionStream<T>, code: number): void {
    this.reset(stream, code);
    if (stream.owner !== undefined) this.events.reset(stream, code, true);
    if (this.isServer) this.allows(this.resets);
  }

  /** @returns whether the connection goes on. */
  private allows(allowance: Allowance): boolean {
    if (!allowance.take(this.nowMs)) this.failed(ERROR_CODE.enhanceYourCalm, "too many resets or idle frames");
    return !this.isOver;
  }

  private returnConnectionCredit(byteCount: number): void {
    this.credit += byteCount;
    if (this.credit < CONNECTION_WINDOW / 4) return;
    this.out.windowUpdate(0, this.credit);
    this.receiveWindow += this.credit;
    this.credit = 0;
  }

  private newStream(streamId: number): SessionStream<T> {
    const windows = { send: this.streamSendWindow, receive: this.limits.windowBytes };
    const stream = new SessionStream<T>(streamId, windows);
    this.streams.set(streamId, stream);
    this.lastStreamId = streamId;
    return stream;
  }

  private endLocal(stream: SessionStream<T>): void {
    stream.isLocalEnded = true;
    if (stream.isRemoteEnded) this.close(stream);
  }

  private endRemote(stream: SessionStream<T>): void {
    stream.isRemoteEnded = true;
    if (stream.isLocalEnded) this.close(stream);
  }

  private close(stream: SessionStream<T>): void {
    stream.isClosed = true;
    this.streams.delete(stream.id);
  }
}

/** -1 for what is none (RFC 9110 section 8.6). */
function wholeNumber(text: string): number {
  const value = Number(text);
  return text.length <= 15 && /^\d+$/.test(text) ? value : -1;
}
