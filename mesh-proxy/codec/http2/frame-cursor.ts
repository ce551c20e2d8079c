/** Where one direction of a connection is: in the preface, in a frame's head, or in its payload. */
import { Buffer } from "node:buffer";
import { FRAME_HEAD_BYTES } from "./frame.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

export class FrameCursor {
  /** Bytes of the chunk before this offset are taken. */
  offset = 0;
  type = -1;
  flags = 0;
  streamId = 0;
  /** Of the payload; `remainingBytes` of it are still to come. */
  length = 0;
  remainingBytes = 0;
  isInPayload = false;
  /** The number of the preface's byte that was wrong, or -1. */
  wrongPrefaceByte = -1;

  private readonly head = Buffer.alloc(FRAME_HEAD_BYTES);
  private headBytes = 0;
  private prefaceBytes: number;

  constructor(hasPreface: boolean) {
    this.prefaceBytes = hasPreface ? 0 : PREFACE.length;
  }

  get isInPreface(): boolean {
    return this.prefaceBytes > 0 && this.prefaceBytes < PREFACE.length;
  }

  get isInFrame(): boolean {
    return this.isInPayload || this.headBytes > 0;
  }

  /** @returns whether the preface is complete. */
  takePreface(buffer: Buffer, end: number): boolean {
    while (this.prefaceBytes < PREFACE.length) {
      if (this.offset === end) return false;
      if (buffer[this.offset] !== PREFACE[this.prefaceBytes]) {
        this.wrongPrefaceByte = this.prefaceBytes;
        return false;
      }
      this.prefaceBytes++;
      this.offset++;
    }
    return true;
  }

  /** @returns whether a head is complete; then its fields are set. */
  takeHead(buffer: Buffer, end: number): boolean {
    if (this.headBytes === 0 && end - this.offset >= FRAME_HEAD_BYTES) {
      this.read(buffer, this.offset);
      this.offset += FRAME_HEAD_BYTES;
      return true;
    }
    const copied = Math.min(end - this.offset, FRAME_HEAD_BYTES - this.headBytes);
    buffer.copy(this.head, this.headBytes, this.offset, this.offset + copied);
    this.offset += copied;
    this.headBytes += copied;
    if (this.headBytes < FRAME_HEAD_BYTES) return false;
    this.headBytes = 0;
    this.read(this.head, 0);
    return true;
  }

  private read(bytes: Buffer, at: number): void {
    this.length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    this.type = bytes[at + 3] as number;
    this.flags = bytes[at + 4] as number;
    this.streamId =
      (((bytes[at + 5] as number) & 0x7f) << 24) |
      ((bytes[at + 6] as number) << 16) |
      ((bytes[at + 7] as number) << 8) |
      (bytes[at + 8] as number);
    this.remainingBytes = this.length;
    this.isInPayload = true;
  }
}
