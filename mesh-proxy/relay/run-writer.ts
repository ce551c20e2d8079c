/** Gathers what one read leaves to write: runs of the read buffer that stay as they are, and rewritten pieces between them. */
import type { ByteSocket } from "./byte-socket.ts";

export class RunWriter {
  private pieces: Buffer[] = [];
  private from = 0;
  private to = 0;

  /** `bytes[from, to)` of the one buffer that all runs until `flush` are from. */
  run(bytes: Buffer, from: number, to: number): void {
    if (this.to !== from) this.closeRun(bytes);
    if (this.to === this.from) this.from = from;
    this.to = to;
  }

  piece(bytes: Buffer, rewritten: Buffer): void {
    this.closeRun(bytes);
    this.pieces.push(rewritten);
  }

  /** One system call, however many pieces. Without a sink they are dropped. */
  flush(bytes: Buffer, sink: ByteSocket | undefined): void {
    if (this.pieces.length === 0) {
      if (this.to > this.from) sink?.write(bytes, this.from, this.to);
      this.from = 0;
      this.to = 0;
      return;
    }
    this.closeRun(bytes);
    sink?.writeAll(this.pieces);
    this.pieces = [];
  }

  private closeRun(bytes: Buffer): void {
    if (this.to > this.from) this.pieces.push(bytes.subarray(this.from, this.to));
    this.from = 0;
    this.to = 0;
  }
}
