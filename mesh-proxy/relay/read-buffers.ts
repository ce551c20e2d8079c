/** Read buffers of closed sockets, kept for new ones. */
import { Buffer } from "node:buffer";

const SPARE_MAX = 64;

export class ReadBuffers {
  readonly byteCount: number;
  private readonly spare: Buffer[] = [];

  constructor(byteCount: number) {
    this.byteCount = byteCount;
  }

  take(): Buffer {
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(this.byteCount);
  }

  /** Only when no write still refers to it. */
  giveBack(buffer: Buffer): void {
    if (this.spare.length < SPARE_MAX) this.spare.push(buffer);
  }
}
