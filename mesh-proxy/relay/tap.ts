/**
 * A copy of one direction of a flow on its way to a function in mode Tap. The flow never waits for it: not for its connection,
 * which is still being opened when the first bytes pass, and not for a slow one. What cannot be kept is lost, and counted.
 */
import { Buffer } from "node:buffer";
import type { Clock } from "../../core/ports/clock.ts";
import type { ByteSocket } from "./byte-socket.ts";
import { letGo } from "./let-go.ts";
import type { TapBook } from "./tap-book.ts";

export type TapLoss =
  /** It took less than came. */
  | "overrun"
  /** Nobody took its connection. */
  | "refused"
  /** Its connection ended before the flow did. */
  | "broken";

export interface TapOptions {
  readonly clock: Clock;
  readonly book: TapBook;
  /** How long it may take nothing, behind the end of the flow. */
  readonly patienceMs: number;
  /** The connection, or undefined when there is none to be had. Never rejects. */
  readonly connection: Promise<ByteSocket | undefined>;
  /** Called at most once. */
  readonly onLost: (loss: TapLoss) => void;
  /** Bytes of the flow that it does not get. */
  readonly onLostBytes: (byteCount: number) => void;
}

export class Tap {
  private readonly options: TapOptions;
  private socket: ByteSocket | undefined;
  /** Until the connection is there. */
  private waiting: Buffer[] = [];
  private queuedByteCount = 0;
  private isWatched = false;
  private hasEnded = false;
  private isOver = false;

  constructor(options: TapOptions) {
    this.options = options;
    options.book.add(this);
    void options.connection.then((socket) => this.opened(socket));
  }

  copy(bytes: Buffer, from: number, to: number): void {
    if (this.isOver) {
      this.options.onLostBytes(to - from);
      return;
    }
    if (!this.options.book.hasRoom(this.queuedByteCount, to - from)) {
      this.options.onLostBytes(to - from);
      this.lose("overrun");
      return;
    }
    const copy = Buffer.from(bytes.subarray(from, to));
    if (this.socket === undefined) {
      this.waiting.push(copy);
      this.setQueued(this.queuedByteCount + copy.length);
    } else this.send(this.socket, copy);
  }

  /** The direction ended in order. */
  end(): void {
    if (this.hasEnded || this.isOver) return;
    this.hasEnded = true;
    if (this.socket !== undefined) this.letGo(this.socket);
  }

  /** The flow is over: a copy of what did not end in order does not, either. */
  flowOver(hasFailed: boolean): void {
    if (!hasFailed || this.hasEnded) {
      this.end();
      return;
    }
    this.isOver = true;
    this.drop();
  }

  /** Ends it now. */
  cut(): void {
    if (this.hasEnded && this.socket !== undefined && this.queuedByteCount === 0) this.socket.destroy();
    else this.lose("broken");
  }

  private opened(socket: ByteSocket | undefined): void {
    if (socket === undefined) this.lose("refused");
    if (socket === undefined || this.isOver) {
      socket?.reset();
      this.options.book.delete(this);
      return;
    }
    this.socket = socket;
    // What a tap answers goes nowhere.
    socket.onBytes = () => true;
    socket.onClosed = () => this.closed();
    socket.resume();
    const { waiting } = this;
    this.waiting = [];
    for (const bytes of waiting) this.send(socket, bytes);
    if (socket.isClosed) this.closed();
    else if (this.hasEnded) this.letGo(socket);
  }

  private send(socket: ByteSocket, bytes: Buffer): void {
    socket.write(bytes, 0, bytes.length);
    this.setQueued(socket.socket.writableLength);
    if (this.queuedByteCount === 0 || this.isWatched) return;
    this.isWatched = true;
    socket.whenFlushed(() => {
      this.isWatched = false;
      if (!this.isOver) this.setQueued(socket.socket.writableLength);
    });
  }

  private letGo(socket: ByteSocket): void {
    letGo(socket, this.options, () => this.lose("overrun"));
  }

  private closed(): void {
    this.options.book.delete(this);
    if (!this.hasEnded || this.queuedByteCount > 0) this.lose("broken");
    this.isOver = true;
  }

  private lose(loss: TapLoss): void {
    if (this.isOver) return;
    this.isOver = true;
    this.options.onLostBytes(this.queuedByteCount);
    this.options.onLost(loss);
    this.drop();
  }

  private drop(): void {
    this.waiting = [];
    this.setQueued(0);
    this.socket?.reset();
  }

  private setQueued(byteCount: number): void {
    this.options.book.byteCount += byteCount - this.queuedByteCount;
    this.queuedByteCount = byteCount;
  }
}
