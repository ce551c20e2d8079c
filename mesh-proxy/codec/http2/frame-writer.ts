/** Puts frames one behind the other into a buffer that is lent while there is something to send (RFC 9113 section 4.1). */
import { Buffer } from "node:buffer";
import { FLAG, FRAME, FRAME_BYTES_MAX_FIRST, FRAME_HEAD_BYTES } from "./frame.ts";

export interface OutputBuffers {
  take(): Buffer;
  giveBack(buffer: Buffer): void;
}

const NO_BYTES = Buffer.alloc(0);
/** A text's and an integer's longest length field. */
const INTEGER_BYTES_MAX = 6;

export class FrameWriter {
  bytes: Buffer = NO_BYTES;
  byteCount = 0;

  private readonly buffers: OutputBuffers;
  private isLent = false;
  private blockStart = 0;

  constructor(buffers: OutputBuffers) {
    this.buffers = buffers;
  }

  /** What was written is sent and its memory free; without `isFree` the buffer stays with whoever sends it. */
  sent(isFree: boolean): void {
    if (isFree && this.isLent) this.buffers.giveBack(this.bytes);
    this.bytes = NO_BYTES;
    this.byteCount = 0;
    this.isLent = false;
  }

  head(length: number, type: number, flags: number, streamId: number): void {
    this.reserve(FRAME_HEAD_BYTES + length);
    this.headAt(this.byteCount, { length, type, flags, streamId });
    this.byteCount += FRAME_HEAD_BYTES;
  }

  data(streamId: number, bytes: Buffer, from: number, to: number, isEnd: boolean): void {
    this.head(to - from, FRAME.data, isEnd ? FLAG.endStream : 0, streamId);
    this.raw(bytes, from, to);
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    this.head(6 * pairs.length, FRAME.settings, 0, 0);
    for (const [id, value] of pairs) {
      this.byteCount = this.bytes.writeUInt16BE(id, this.byteCount);
      this.uint32(value);
    }
  }

  settingsAck(): void {
    this.head(0, FRAME.settings, FLAG.ack, 0);
  }

  /** @param opaque eight bytes, as they came */
  pingAck(opaque: Buffer): void {
    this.head(8, FRAME.ping, FLAG.ack, 0);
    this.raw(opaque, 0, 8);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.head(4, FRAME.windowUpdate, 0, streamId);
    this.uint32(increment);
  }

  rstStream(streamId: number, code: number): void {
    this.head(4, FRAME.rstStream, 0, streamId);
    this.uint32(code);
  }

  /** @param reason for people; characters beyond Latin-1 are lost */
  goAway(lastStreamId: number, code: number, reason: string): void {
    this.head(8 + reason.length, FRAME.goAway, 0, 0);
    this.uint32(lastStreamId);
    this.uint32(code);
    this.latin1(reason);
  }

  raw(bytes: Buffer, from: number, to: number): void {
    this.reserve(to - from);
    bytes.copy(this.bytes, this.byteCount, from, to);
    this.byteCount += to - from;
  }

  /** What is written until `endBlock` is one header block. */
  startBlock(): void {
    this.reserve(FRAME_HEAD_BYTES);
    this.blockStart = this.byteCount;
    this.byteCount += FRAME_HEAD_BYTES;
  }

  /** @returns how many bytes it takes on the wire, heads included. */
  endBlock(streamId: number, isEnd: boolean): number {
    const start = this.blockStart;
    const length = this.byteCount - start - FRAME_HEAD_BYTES;
    const first = Math.min(length, FRAME_BYTES_MAX_FIRST);
    const flags = (isEnd ? FLAG.endStream : 0) | (first === length ? FLAG.endHeaders : 0);
    this.headAt(start, { length: first, type: FRAME.headers, flags, streamId });
    if (first < length) this.continueBlock(streamId, start + FRAME_HEAD_BYTES + first);
    return this.byteCount - start;
  }

  /** RFC 7541 section 5.1. */
  integer(pattern: number, prefixBits: number, value: number): void {
    this.reserve(INTEGER_BYTES_MAX);
    const mask = (1 << prefixBits) - 1;
    if (value < mask) {
      this.bytes[this.byteCount++] = pattern | value;
      return;
    }
    this.bytes[this.byteCount++] = pattern | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.bytes[this.byteCount++] = 0x80 | (rest % 0x80);
    this.bytes[this.byteCount++] = rest;
  }

  /** RFC 7541 section 5.2, without Huffman. */
  text(text: string): void {
    this.integer(0, 7, text.length);
    this.latin1(text);
  }

  private latin1(text: string): void {
    this.reserve(text.length);
    this.byteCount += this.bytes.write(text, this.byteCount, "latin1");
  }

  private uint32(value: number): void {
    this.byteCount = this.bytes.writeUInt32BE(value, this.byteCount);
  }

  /** Makes room for heads between pieces of a block that is longer than a frame. */
  private continueBlock(streamId: number, from: number): void {
    const rest = Buffer.from(this.bytes.subarray(from, this.byteCount));
    this.byteCount = from;
    for (let at = 0; at < rest.length; at += FRAME_BYTES_MAX_FIRST) {
      const to = Math.min(at + FRAME_BYTES_MAX_FIRST, rest.length);
      this.head(to - at, FRAME.continuation, to === rest.length ? FLAG.endHeaders : 0, streamId);
      this.raw(rest, at, to);
    }
  }

  private headAt(
    at: number,
    { length, type, flags, streamId }: { length: number; type: number; flags: number; streamId: number },
  ): void {
    const { bytes } = this;
    bytes[at] = length >>> 16;
    bytes[at + 1] = (length >>> 8) & 0xff;
    bytes[at + 2] = length & 0xff;
    bytes[at + 3] = type;
    bytes[at + 4] = flags;
    bytes[at + 5] = (streamId >>> 24) & 0x7f;
    bytes[at + 6] = (streamId >>> 16) & 0xff;
    bytes[at + 7] = (streamId >>> 8) & 0xff;
    bytes[at + 8] = streamId & 0xff;
  }

  private reserve(byteCount: number): void {
    const needed = this.byteCount + byteCount;
    if (needed <= this.bytes.length) return;
    const bigger = this.bytes.length === 0 ? this.buffers.take() : NO_BYTES;
    const isEnough = bigger.length >= needed;
    const next = isEnough ? bigger : Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    if (!isEnough && bigger.length > 0) this.buffers.giveBack(bigger);
    this.bytes.copy(next, 0, 0, this.byteCount);
    if (this.isLent) this.buffers.giveBack(this.bytes);
    this.bytes = next;
    this.isLent = isEnough;
  }
}
