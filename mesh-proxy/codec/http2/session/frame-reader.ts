/** Takes one direction of a connection apart into frames, whatever pieces it comes in; DATA passes piece by piece, the rest whole. */
import { Buffer } from "node:buffer";
import { ERROR_CODE } from "../error-code.ts";
import { FLAG, FRAME, FRAME_BYTES_MAX_FIRST, FRAME_HEAD_BYTES, problemOfFrame, SETTINGS_BYTES_MAX } from "../frame.ts";
import { FrameCursor } from "../frame-cursor.ts";
import { HeaderBlock } from "../header-block.ts";

export interface FrameSink {
  /** DATA begins, padding included in `length`. */
  dataStarted(streamId: number, length: number, endsStream: boolean): void;
  /** `isLast`: no more of this frame, which may have been empty. */
  data(bytes: Buffer, from: number, to: number, isLast: boolean): void;
  /** A whole header block, `wireBytes` with its frames' heads. */
  block(streamId: number, endsStream: boolean, block: HeaderBlock, wireBytes: number): void;
  /** Any other frame that is known. `payload` is the first `length` bytes, of GOAWAY the first eight. */
  control(type: number, isAck: boolean, streamId: number, payload: Buffer, length: number): void;
  /** The connection is out of protocol; nothing more is read. */
  failed(code: number, reason: string): void;
}

export class FrameReader {
  private readonly sink: FrameSink;
  private readonly frame: FrameCursor;
  private readonly block: HeaderBlock;
  private readonly payload = Buffer.alloc(SETTINGS_BYTES_MAX);
  private isFirst = true;
  private isOver = false;
  private blockWireBytes = 0;
  /** Of DATA: without padding, -1 while the padding's length is to come. */
  private contentLeft = 0;

  /** @param hasPreface whether the peer is the client */
  constructor(sink: FrameSink, options: { readonly hasPreface: boolean; readonly headerBlockBytesMax: number }) {
    this.sink = sink;
    this.frame = new FrameCursor(options.hasPreface);
    this.block = new HeaderBlock(options.headerBlockBytesMax);
  }

  /** Whoever uses it has seen enough. */
  stop(): void {
    this.isOver = true;
  }

  take(bytes: Buffer, from: number, to: number): void {
    const { frame } = this;
    frame.offset = from;
    if (this.isOver) return;
    if (!frame.takePreface(bytes, to)) {
      if (frame.wrongPrefaceByte >= 0) this.fail(ERROR_CODE.protocol, "the preface is not that of HTTP/2");
      return;
    }
    while (!this.isOver) {
      if (!frame.isInPayload) {
        if (!frame.takeHead(bytes, to)) return;
        this.start();
        if (this.isOver) return;
      }
      this.takePayload(bytes, to);
      if (frame.remainingBytes > 0) return;
      frame.isInPayload = false;
      this.end();
    }
  }

  private start(): void {
    const { frame, block } = this;
    const { type, flags, streamId, length } = frame;
    if (length > FRAME_BYTES_MAX_FIRST) {
      this.fail(ERROR_CODE.frameSize, `frame has ${length} bytes`);
      return;
    }
    if (this.isFirst && (type !== FRAME.settings || (flags & FLAG.ack) !== 0)) {
      this.fail(ERROR_CODE.protocol, "first frame is not SETTINGS");
      return;
    }
    this.isFirst = false;
    const isContinuation = type === FRAME.continuation;
    if (isContinuation !== (block.streamId !== 0) || (isContinuation && streamId !== block.streamId)) {
      this.fail(ERROR_CODE.protocol, "header block and its CONTINUATIONs do not follow each other");
      return;
    }
    const problem = problemOfFrame(type, flags, streamId, length);
    if (problem !== "") {
      this.fail(codeOfProblem(type, streamId), problem);
      return;
    }
    if (type === FRAME.pushPromise) {
      this.fail(ERROR_CODE.protocol, "PUSH_PROMISE");
      return;
    }
    if (type === FRAME.headers || isContinuation) {
      const tooMuch = block.startFrame(type, flags, streamId, length);
      this.blockWireBytes = (isContinuation ? this.blockWireBytes : 0) + FRAME_HEAD_BYTES + length;
      if (tooMuch !== "") this.fail(ERROR_CODE.enhanceYourCalm, tooMuch);
    }
    if (type !== FRAME.data) return;
    this.contentLeft = (flags & FLAG.padded) === 0 ? length : -1;
    if (this.contentLeft < 0 && length === 0) {
      this.fail(ERROR_CODE.protocol, "DATA is too short for its padding");
      return;
    }
    this.sink.dataStarted(streamId, length, (flags & FLAG.endStream) !== 0);
  }

  private takePayload(bytes: Buffer, to: number): void {
    const { frame } = this;
    const from = frame.offset;
    const upTo = from + Math.min(frame.remainingBytes, to - from);
    if (frame.type === FRAME.data) this.takeData(bytes, from, upTo);
    else if (frame.type === FRAME.headers || frame.type === FRAME.continuation) this.block.append(bytes, from, upTo);
    else {
      const done = frame.length - frame.remainingBytes;
      if (done < this.payload.length) bytes.copy(this.payload, done, from, upTo);
    }
    frame.offset = upTo;
    frame.remainingBytes -= upTo - from;
  }

  private takeData(bytes: Buffer, start: number, to: number): void {
    const { frame } = this;
    let from = start;
    const isStart = frame.remainingBytes === frame.length;
    if (this.contentLeft < 0) {
      if (from === to) return;
      this.contentLeft = frame.length - 1 - (bytes[from++] as number);
      if (this.contentLeft < 0) {
        this.fail(ERROR_CODE.protocol, "padding is longer than its frame");
        return;
      }
    } else if (this.contentLeft === 0 && !isStart) return;
    const upTo = Math.min(to, from + this.contentLeft);
    if (upTo === from && this.contentLeft > 0) return;
    this.contentLeft -= upTo - from;
    this.sink.data(bytes, from, upTo, this.contentLeft === 0);
  }

  private end(): void {
    const { frame, block } = this;
    const { type, flags, streamId, length } = frame;
    if (type === FRAME.data || type > FRAME.continuation || this.isOver) return;
    if (type !== FRAME.headers && type !== FRAME.continuation) {
      this.sink.control(type, (flags & FLAG.ack) !== 0, streamId, this.payload, length);
      return;
    }
    const problem = block.trimFrame(type, flags);
    if (problem !== "") {
      this.fail(ERROR_CODE.protocol, problem);
      return;
    }
    if ((flags & FLAG.endHeaders) === 0) return;
    block.streamId = 0;
    this.sink.block(streamId, block.endsStream, block, this.blockWireBytes);
  }

  private fail(code: number, reason: string): void {
    this.isOver = true;
    this.sink.failed(code, reason);
  }
}

/** A frame in the right place has the wrong length. */
function codeOfProblem(type: number, streamId: number): number {
  const isOnStream = streamId !== 0;
  const isRightPlace =
    type === FRAME.windowUpdate || isOnStream === (type === FRAME.priority || type === FRAME.rstStream);
  const isOfAnyLength = type === FRAME.data || type === FRAME.headers || type === FRAME.continuation;
  return isRightPlace && !isOfAnyLength ? ERROR_CODE.frameSize : ERROR_CODE.protocol;
}
