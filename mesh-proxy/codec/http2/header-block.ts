/** Puts one header block together from HEADERS or PUSH_PROMISE and its CONTINUATIONs (RFC 9113 section 4.3), within limits. */
import { Buffer } from "node:buffer";
import { FLAG, FRAME } from "./frame.ts";

const CONTINUATION_COUNT_MAX = 64;

export class HeaderBlock {
  bytes: Buffer = Buffer.alloc(0);
  byteCount = 0;
  /** The stream whose block is not complete; 0 when none is. */
  streamId = 0;
  /** Whether HEADERS carried END_STREAM. */
  endsStream = false;
  isPushPromise = false;
  /** Which stream the block's priority names; 0 without one. */
  dependsOn = 0;

  private readonly bytesMax: number;
  private announcedBytes = 0;
  private continuationCount = 0;
  private fragmentStart = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** A frame of the block begins. @returns why it may not, or "". */
  startFrame(type: number, flags: number, streamId: number, length: number): string {
    if (type === FRAME.continuation) {
      if (++this.continuationCount > CONTINUATION_COUNT_MAX)
        return `header block has more than ${CONTINUATION_COUNT_MAX} continuations`;
    } else {
      this.streamId = streamId;
      this.endsStream = type === FRAME.headers && (flags & FLAG.endStream) !== 0;
      this.isPushPromise = type === FRAME.pushPromise;
      this.byteCount = 0;
      this.dependsOn = 0;
      this.announcedBytes = 0;
      this.continuationCount = 0;
    }
    this.fragmentStart = this.byteCount;
    this.announcedBytes += length;
    return this.announcedBytes > this.bytesMax ? `header block is longer than ${this.bytesMax} bytes` : "";
  }

  append(source: Buffer, start: number, end: number): void {
    const needed = this.byteCount + end - start;
    if (needed > this.bytes.length) this.grow(needed);
    source.copy(this.bytes, this.byteCount, start, end);
    this.byteCount = needed;
  }

  /** The frame's payload is all there: leaves only the fragment of it. @returns a reason to refuse, or "". */
  trimFrame(type: number, flags: number): string {
    if (type === FRAME.continuation) return "";
    const isPadded = (flags & FLAG.padded) !== 0;
    const paddingBytes = isPadded ? (this.bytes[this.fragmentStart] ?? 0) : 0;
    const hasPriority = type === FRAME.headers && (flags & FLAG.priority) !== 0;
    const prefixBytes = (isPadded ? 1 : 0) + (hasPriority ? 5 : 0) + (type === FRAME.pushPromise ? 4 : 0);
    if (prefixBytes + paddingBytes > this.byteCount - this.fragmentStart) return "padding is longer than its frame";
    if (hasPriority) this.dependsOn = this.bytes.readUInt32BE(this.fragmentStart + (isPadded ? 1 : 0)) & 0x7fff_ffff;
    this.bytes.copyWithin(this.fragmentStart, this.fragmentStart + prefixBytes, this.byteCount);
    this.byteCount -= prefixBytes + paddingBytes;
    return "";
  }

  private grow(needed: number): void {
    const bigger = Buffer.alloc(Math.max(needed, Math.min(Math.max(1024, 2 * this.bytes.length), this.bytesMax)));
    this.bytes.copy(bigger, 0, 0, this.byteCount);
    this.bytes = bigger;
  }
}
