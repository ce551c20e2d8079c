/** Gives a function in mode Tap its copy. The flow never waits for it: a tap that falls behind loses the rest of the flow. */
import { Buffer } from "node:buffer";
import type { ByteSocket } from "./byte-socket.ts";

export class Tap {
  private readonly socket: ByteSocket;
  private readonly queueBytesMax: number;
  private readonly onOverrun: () => void;

  constructor(socket: ByteSocket, queueBytesMax: number, onOverrun: () => void) {
    this.socket = socket;
    this.queueBytesMax = queueBytesMax;
    this.onOverrun = onOverrun;
    // What a tap answers goes nowhere.
    socket.onBytes = () => true;
    socket.onEnd = () => {};
    socket.resume();
  }

  copy(bytes: Buffer, from: number, to: number): void {
    if (this.socket.isClosed) return;
    this.socket.write(Buffer.from(bytes.subarray(from, to)), 0, to - from);
    if (this.socket.socket.writableLength <= this.queueBytesMax) return;
    this.socket.destroy();
    this.onOverrun();
  }

  end(): void {
    this.socket.end();
  }
}
