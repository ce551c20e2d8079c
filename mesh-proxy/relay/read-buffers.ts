/** Read buffers: those of closed sockets are kept for new ones, and those of idle sockets given up. */
import { Buffer } from "node:buffer";

const SPARE_MAX = 64;
/** Most messages of the core's signalling are shorter. */
const SMALL_BYTES = 2048;
const SMALL_SPARE_MAX = 2048;

/** Has a buffer while it reads. */
export interface BufferUser {
  /** Whether it has read since it was asked last. */
  wasActive(): boolean;
  /** It reads into the buffer that all share until it has a new one. */
  giveUpBuffer(): void;
}

export class ReadBuffers {
  readonly byteCount: number;
  private readonly spare: Buffer[] = [];
  private readonly smallSpare: Buffer[] = [];
  private readonly users = new Set<BufferUser>();
  private common: Buffer | undefined;

  constructor(byteCount: number) {
    this.byteCount = byteCount;
  }

  /** For what is read by a socket that has none of its own, to be copied at once. */
  get shared(): Buffer {
    this.common ??= Buffer.allocUnsafeSlow(this.byteCount);
    return this.common;
  }

  take(): Buffer {
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(this.byteCount);
  }

  /** One that so many bytes find room in, up to {@link byteCount}. */
  takeFor(neededBytes: number): Buffer {
    if (neededBytes > SMALL_BYTES || this.byteCount <= SMALL_BYTES) return this.take();
    return this.smallSpare.pop() ?? Buffer.allocUnsafeSlow(SMALL_BYTES);
  }

  /** Only when no write still refers to it. */
  giveBack(buffer: Buffer): void {
    if (buffer.length === this.byteCount) {
      if (this.spare.length < SPARE_MAX) this.spare.push(buffer);
    } else if (this.smallSpare.length < SMALL_SPARE_MAX) this.smallSpare.push(buffer);
  }

  /** Is asked to give its buffer up while it is idle. */
  follow(user: BufferUser): void {
    this.users.add(user);
  }

  forget(user: BufferUser): void {
    this.users.delete(user);
  }

  /** Has those give up their buffers that have read nothing since the last call. O(sockets that have one). */
  giveUpIdle(): void {
    for (const user of this.users) {
      if (user.wasActive()) continue;
      this.users.delete(user);
      user.giveUpBuffer();
    }
  }
}
