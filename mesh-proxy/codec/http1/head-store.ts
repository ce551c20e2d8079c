/** Keeps a head that arrives in pieces, so that it can be read and rewritten as a whole. */
import { Buffer } from "node:buffer";

const FIRST_BYTES = 1024;

export class HeadStore {
  bytes: Buffer = Buffer.alloc(0);
  byteCount = 0;

  private readonly byteCountMax: number;

  constructor(byteCountMax: number) {
    this.byteCountMax = byteCountMax;
  }

  /** Copies `source[start, end)` behind what is there; the caller keeps within `byteCountMax`. */
  append(source: Buffer, start: number, end: number): void {
    const needed = this.byteCount + end - start;
    if (needed > this.bytes.length) this.grow(needed);
    source.copy(this.bytes, this.byteCount, start, end);
    this.byteCount = needed;
  }

  clear(): void {
    this.byteCount = 0;
  }

  private grow(needed: number): void {
    const roomy = Math.max(FIRST_BYTES, 2 * this.bytes.length, needed);
    const bigger = Buffer.alloc(Math.max(needed, Math.min(roomy, this.byteCountMax)));
    this.bytes.copy(bigger, 0, 0, this.byteCount);
    this.bytes = bigger;
  }
}
