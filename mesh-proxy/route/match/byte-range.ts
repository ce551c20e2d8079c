/** Where a text lies in some buffer; one object is used for every request. */
import { Buffer } from "node:buffer";

const NO_BYTES = Buffer.alloc(0);

export class ByteRange {
  bytes: Buffer = NO_BYTES;
  start = 0;
  end = 0;

  set(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  clear(): void {
    this.set(NO_BYTES, 0, 0);
  }

  get isEmpty(): boolean {
    return this.start === this.end;
  }
}
