/**
 * A TCP socket that reads into one buffer of its own, again and again, instead of a new one per read.
 *
 * The rule that keeps this safe: bytes given to `onBytes` are valid until it returns true. A consumer that still needs
 * them (a write that the kernel has not taken whole, a request that waits for a connection) returns false, which stops
 * reading, and calls `resume` when it needs them no more. Sharing that buffer between sockets would break the rule:
 * Node hands the buffer of the next read to the kernel before another socket may have lent it to a slow peer. So what few
 * bytes come is read into one buffer that all share and copied at once, and a socket has its own only while it is busy:
 * of one that is given up whoever still refers to it has it, and the collector sees to the rest. Many bytes are read
 * into the socket's own at once.
 */
import { Buffer } from "node:buffer";
import { Socket } from "node:net";
import type { SpiffeId } from "../../core/model/spiffe-id.ts";
import type { ByteCounter, ByteObserver } from "./byte-counter.ts";
import type { Pulse } from "./pulse.ts";
import type { BufferUser, ReadBuffers } from "./read-buffers.ts";

const NO_BYTES = Buffer.alloc(0);
/** As much at a time is not copied. */
const MANY_BYTES = 16_384;

/** A connection under TLS whose handshake is over. */
export interface Secured {
  /** The one that encrypts. */
  readonly socket: Socket;
  /** The one that it encrypts onto. */
  readonly carrier: Socket;
  readonly peer: SpiffeId;
}

export class ByteSocket implements BufferUser {
  readonly socket: Socket;
  /** Whom the other side's certificate names; undefined in plaintext. */
  readonly peer: SpiffeId | undefined;
  /** Takes `bytes[from, to)`. See above for what the answer means. */
  onBytes: (bytes: Buffer, from: number, to: number) => boolean = () => false;
  /** The peer sent its end of stream; writing may go on. */
  onEnd: () => void = () => {};
  /** Called once; with the error when the connection did not end in order. */
  onClosed: (error: Error | undefined) => void = () => {};
  /** Called before anybody is told that it closed. */
  onClosing: () => void = () => {};
  observer: ByteObserver | undefined;
  pulse: Pulse | undefined;
  /** Bytes are looked at again after they were passed on: what they lie in is not given to another socket. */
  keepsBytes = false;
  /** Called with the first bytes that are read since counting began. */
  onFirstBytes: () => void = () => {};
  /** Called when the peer's end of stream comes before ours is written. */
  onEndedFirst: () => void = () => {};
  /** Since counting began. */
  hasRead = false;
  hasWritten = false;
  readBytes = 0;
  writtenBytes = 0;
  /** Why it closed out of order. */
  error: Error | undefined;
  isClosed = false;
  hasEnded = false;

  private readonly buffers: ReadBuffers;
  /** Undefined while it is idle, and of one under TLS. */
  private buffer: Buffer | undefined;
  /** The next read is into `buffer`. */
  private readsIntoOwn = false;
  private isActive = false;
  /** Whoever was given the bytes that were read last still needs them. */
  private isHeld = false;
  private readonly carrier: Socket | undefined;
  private readonly waiting: (() => void)[] = [];
  private reads: ByteCounter = { bytes: 0 };
  private writes: ByteCounter = { bytes: 0 };
  private returned: Buffer = NO_BYTES;
  private lentCount = 0;
  private isEnding = false;
  private isAttributed = false;

  /**
   * @param handle of an accepted connection; without one the socket is still to be connected
   * @param secured instead: a connection that is made already
   */
  constructor(buffers: ReadBuffers, handle?: unknown, secured?: Secured) {
    this.buffers = buffers;
    this.peer = secured?.peer;
    this.carrier = secured?.carrier;
    if (secured === undefined) {
      const onread = {
        buffer: () => this.nextBuffer(),
        callback: (byteCount: number, bytes: Uint8Array) => this.read(byteCount, bytes as Buffer),
      };
      // `manualStart`: a handle that read before its consumer is there would lose bytes.
      const options = { allowHalfOpen: true, manualStart: true, onread };
      this.socket = new Socket(handle === undefined ? options : ({ ...options, handle } as typeof options));
      this.socket.setNoDelay(true);
      this.socket.pause();
    } else {
      // Node decrypts on into a buffer that it was told to leave alone, so each read has a buffer of its own.
      this.socket = secured.socket;
      this.socket.pause();
      this.socket.on("data", (bytes: Buffer) => {
        if (!this.take(bytes, bytes.length)) this.socket.pause();
      });
    }
    this.socket.on("end", () => this.ended());
    this.socket.on("error", (error) => {
      this.error ??= error;
    });
    this.socket.on("close", () => this.closed());
  }

  /** @returns whether the memory of the bytes is free; if not, `whenFlushed` tells when. */
  write(bytes: Buffer, from: number, to: number): boolean {
    if (from === to || !this.canWrite) return this.socket.writableLength === 0;
    this.writes.bytes += to - from;
    this.writtenBytes += to - from;
    this.hasWritten = true;
    if (this.pulse !== undefined) this.pulse.hasSaid = true;
    const piece = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
    // What finds no write under way is encrypted at once, into other memory.
    const isCopied = this.carrier !== undefined && this.socket.writableLength === 0 && this.socket.writableCorked === 0;
    if (this.carrier === undefined) this.socket.write(piece);
    else this.socket.write(piece, this.flushed);
    this.observer?.written(bytes, from, to);
    return isCopied || this.socket.writableLength === 0;
  }

  /** Several writes as one. @returns what `write` does, of all of them. */
  writeAll(pieces: readonly Buffer[]): boolean {
    const isCopied = this.carrier !== undefined && this.isFlushed;
    if (pieces.length > 1) this.socket.cork();
    for (const piece of pieces) this.write(piece, 0, piece.length);
    if (pieces.length > 1) this.socket.uncork();
    return isCopied || this.isFlushed;
  }

  get isFlushed(): boolean {
    return this.socket.writableLength === 0;
  }

  /** Calls when the kernel has everything written before, or the socket is gone. An empty write waits its turn at no cost. */
  whenFlushed(call: () => void): void {
    if (this.carrier !== undefined && this.socket.writable) this.whenEncrypted(call);
    else if (this.socket.writable) this.socket.write(NO_BYTES, () => call());
    else if (this.isClosed || this.isFlushed) call();
    else this.socket.once("close", call);
  }

  /** Stops `source` (whose bytes were written here) from being reused before they are flushed, then reads on. */
  resumeWhenFlushed(source: ByteSocket): void {
    source.lentCount++;
    this.whenFlushed(() => {
      source.lentCount--;
      source.resume();
      source.giveBackBuffer();
    });
  }

  /** Leaves what was read last as it is until `resume`. */
  pause(): void {
    this.isHeld = true;
    this.socket.pause();
  }

  /** Starts or goes on reading; not before all that was lent is flushed, which resumes then. */
  resume(): void {
    if (this.isClosed || this.lentCount !== 0) return;
    this.isHeld = false;
    const bytes = this.returned;
    this.returned = NO_BYTES;
    if (bytes.length > 0 && !this.take(bytes, bytes.length)) return;
    if (!this.isClosed && this.lentCount === 0) this.socket.resume();
  }

  /** Bytes that were read ahead, for `onBytes` at the next `resume`; the caller's own, and no longer its to change. */
  putBack(bytes: Buffer): void {
    this.returned = bytes;
  }

  /** Sends the end of stream once everything is flushed, so that a shutdown never waits behind data; see `reset`. */
  end(): void {
    if (!this.canWrite) return;
    this.isEnding = true;
    this.observer?.endWritten();
    if (this.isFlushed) this.socket.end();
    else this.whenFlushed(() => this.socket.end());
  }

  /**
   * Ends the connection at once so that the peer cannot take it for complete. Node's `resetAndDestroy` sends an end of
   * stream first and waits for slow peers; its own flag does neither. libuv refuses it while a shutdown is under way, but
   * then everything was flushed.
   */
  reset(): void {
    if (this.socket.destroyed) return;
    const isShuttingDown = this.socket.writableEnded && !this.socket.writableFinished;
    if (!isShuttingDown && !this.socket.connecting)
      Object.assign(this.carrier ?? this.socket, { resetAndClosing: true });
    this.socket.destroy();
  }

  /** Resets for a reason of our own, as if the peer had. */
  fail(reason: string): void {
    this.error ??= new Error(reason);
    this.reset();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Keeps it open when both its directions have ended, as Node sees it, until `letClose`. */
  holdOpen(): void {
    autoCloseOf(this.socket).autoDestroy = false;
  }

  letClose(): void {
    autoCloseOf(this.socket).autoDestroy = true;
    if (this.socket.readableEnded && this.socket.writableFinished) this.socket.destroy();
  }

  /** Gives the connection away, with bytes that were read of it; this is over then. @param bytes are kept */
  handOver(bytes: Buffer): Socket {
    this.onBytes = () => false;
    this.onEnd = () => {};
    this.onClosed = () => {};
    // One that flows would drop them.
    this.socket.pause();
    if (bytes.length > 0) this.socket.unshift(bytes);
    return this.socket;
  }

  /** What passed so far was between proxies and not the application's, but for the last `bytesRead` that were read. */
  startCounting(bytesRead = 0): void {
    this.reads = { bytes: bytesRead };
    this.writes = { bytes: 0 };
    this.readBytes = bytesRead;
    this.writtenBytes = 0;
    this.hasRead = bytesRead > 0;
    this.hasWritten = false;
  }

  /** Bytes count on `reads` and `writes` from now on, with what was counted before the first such call. */
  attribute(reads: ByteCounter, writes: ByteCounter): void {
    if (!this.isAttributed) {
      reads.bytes += this.reads.bytes;
      writes.bytes += this.writes.bytes;
    }
    this.isAttributed = true;
    this.reads = reads;
    this.writes = writes;
  }

  /** The kernel moved these on its own. */
  countCarried(bytesRead: number, bytesWritten: number): void {
    this.reads.bytes += bytesRead;
    this.writes.bytes += bytesWritten;
    this.readBytes += bytesRead;
    this.writtenBytes += bytesWritten;
    if (this.pulse === undefined) return;
    if (bytesRead > 0) this.pulse.hasHeard = true;
    if (bytesWritten > 0) this.pulse.hasSaid = true;
  }

  private get canWrite(): boolean {
    return !this.isEnding && this.socket.writable;
  }

  private readonly flushed = (): void => {
    if (this.waiting.length === 0 || this.socket.writableLength > 0) return;
    for (const call of this.waiting.splice(0)) call();
  };

  /** An empty write would be a record. */
  private whenEncrypted(call: () => void): void {
    this.waiting.push(call);
    if (this.isFlushed) process.nextTick(this.flushed);
  }

  wasActive(): boolean {
    const was = this.isActive || this.readsIntoOwn;
    this.isActive = false;
    return was;
  }

  giveUpBuffer(): void {
    const { buffer } = this;
    this.buffer = undefined;
    const isFree = !this.isHeld && this.lentCount === 0 && !this.keepsBytes;
    if (isFree && buffer !== undefined) this.buffers.giveBack(buffer);
  }

  /** Asked by Node before the first read and after each. */
  private nextBuffer(): Buffer {
    return this.readsIntoOwn ? this.ownBuffer(this.buffers.byteCount) : this.buffers.shared;
  }

  private ownBuffer(neededBytes: number): Buffer {
    if (this.buffer !== undefined && this.buffer.length >= neededBytes) return this.buffer;
    if (this.buffer === undefined) this.buffers.follow(this);
    else this.giveUpBuffer();
    this.buffer = this.buffers.takeFor(neededBytes);
    return this.buffer;
  }

  private read(byteCount: number, bytes: Buffer): boolean {
    const own = this.ownBuffer(byteCount);
    if (bytes !== own) bytes.copy(own, 0, 0, byteCount);
    this.isActive = true;
    this.readsIntoOwn = byteCount >= MANY_BYTES;
    this.isHeld = false;
    const isFree = this.take(own, byteCount);
    if (!isFree) this.isHeld = true;
    return isFree;
  }

  private take(bytes: Buffer, byteCount: number): boolean {
    this.reads.bytes += byteCount;
    this.readBytes += byteCount;
    if (this.pulse !== undefined) this.pulse.hasHeard = true;
    if (!this.hasRead) {
      this.hasRead = true;
      this.onFirstBytes();
    }
    this.observer?.read(bytes, 0, byteCount);
    return this.onBytes(bytes, 0, byteCount);
  }

  private ended(): void {
    this.hasEnded = true;
    this.observer?.ended();
    if (!this.isEnding) this.onEndedFirst();
    this.onEnd();
  }

  private closed(): void {
    this.isClosed = true;
    this.onClosing();
    this.observer?.closed();
    this.onClosed(this.error);
    for (const call of this.waiting.splice(0)) call();
    this.giveBackBuffer();
  }

  private giveBackBuffer(): void {
    if (!this.isClosed || this.lentCount !== 0 || this.buffer === undefined) return;
    this.buffers.forget(this);
    this.buffers.giveBack(this.buffer);
    this.buffer = undefined;
  }
}

/** Where Node keeps whether a stream closes when both its directions have ended. */
function autoCloseOf(socket: Socket): { autoDestroy: boolean } {
  return (socket as unknown as { readonly _readableState: { autoDestroy: boolean } })._readableState;
}
