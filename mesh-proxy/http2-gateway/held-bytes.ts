/** Bytes that wait for room, in one buffer that grows as needed; whoever adds to it sees to a limit. */
import { Buffer } from "node:buffer";

const NO_BYTES = Buffer.alloc(0);

export class HeldBytes {
  bytes: Buffer = NO_BYTES;
  from = 0;
  to = 0;

  get byteCount(): number {
    return this.to - this.from;
  }

  add(bytes: Buffer, from: number, to: number): void {
    const byteCount = to - from;
    if (this.to + byteCount > this.bytes.length) this.makeRoom(byteCount);
    bytes.copy(this.bytes, this.to, from, to);
    this.to += byteCount;
  }

  /** The first `byteCount` are no longer needed. */
  drop(byteCount: number): void {
    this.from += byteCount;
    if (this.from === this.to) this.clear();
  }

  clear(): void {
    this.bytes = NO_BYTES;
    this.from = 0;
    this.to = 0;
  }

  /** Small ones come out of Node's pool: one of its own for each would have the collector run all the time. */
  private makeRoom(byteCount: number): void {
    const needed = this.byteCount + byteCount;
    const isRoomy = needed * 2 <= this.bytes.length;
    const next = isRoomy ? this.bytes : Buffer.allocUnsafe(Math.max(needed, 2 * this.byteCount));
    this.bytes.copy(next, 0, this.from, this.to);
    this.to -= this.from;
    this.from = 0;
    this.bytes = next;
  }
}
