/**
 * Moves both directions of a flow as `pump` does, and lets the kernel do it while the flow is a talk of small pieces. What the kernel
 * leaves to user space goes on here, in order; so does all of a transfer whose reader is slow.
 */
import type { Clock } from "../../core/ports/clock.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { KernelDirection, type KernelDirectionDeps } from "./kernel-direction.ts";

/** Before this many reads a flow may be over too soon to be worth the calls. */
const READS_MIN = 4;
/** Reads between two looks whether the flow is quiet: twice as many each time, up to this. */
const LOOK_READS_MAX = 256;
const WAIT_MS_MAX = 8;
/** What was received comes within microseconds, or the kernel has lost it. */
const LATE_MS_MAX = 2000;

export interface KernelPumpOptions extends KernelDirectionDeps {
  readonly clock: Clock;
  readonly sockets: readonly [ByteSocket, ByteSocket];
  /** Whether nobody needs to see the bytes. */
  readonly isBytesOnly: () => boolean;
  readonly onEntered: () => void;
  readonly onLeft: () => void;
  readonly onRefused: (reason: string) => void;
}

export class KernelPump {
  private readonly options: KernelPumpOptions;
  private readonly directions: readonly [KernelDirection, KernelDirection];
  private isKernel = false;
  private isOver = false;
  private readsLeft = READS_MIN;
  private lookReads = READS_MIN;

  constructor(options: KernelPumpOptions) {
    this.options = options;
    const [a, b] = options.sockets;
    this.directions = [new KernelDirection(options, a, b), new KernelDirection(options, b, a)];
    for (const direction of this.directions) this.move(direction);
  }

  /** @returns whether user space moves all of the flow, and will: then another consumer may take its bytes */
  keepOut(): boolean {
    this.isOver ||= !this.isKernel;
    return !this.isKernel;
  }

  /** Bytes that the kernel read and wrote. */
  get byteCount(): number {
    return 2 * (this.directions[0].byteCount + this.directions[1].byteCount);
  }

  count(): void {
    for (const direction of this.directions) direction.count();
  }

  private move(direction: KernelDirection): void {
    const { source } = direction;
    source.onBytes = (bytes, from, to) => this.pass(direction, bytes, from, to);
    source.onEnd = () => this.end(direction);
    if (source.hasEnded) source.onEnd();
  }

  private pass(direction: KernelDirection, bytes: Buffer, from: number, to: number): boolean {
    const { source, sink } = direction;
    if (!direction.isDelivered) {
      const retry = () => {
        if (this.pass(direction, bytes, from, to)) source.resume();
      };
      // Not before this call has stopped the reading, which `resume` is to end.
      this.options.clock.after(0, () => this.whenDelivered(direction, retry));
      return false;
    }
    if (!sink.write(bytes, from, to)) {
      sink.resumeWhenFlushed(source);
      return false;
    }
    if (this.isKernel) this.renew(direction);
    else if (--this.readsLeft <= 0) this.look();
    return true;
  }

  /** A flow of which one half is over goes by user space, which notices when the other half breaks. */
  private end(direction: KernelDirection): void {
    this.isOver = true;
    for (const each of this.directions) each.revoke();
    this.whenDelivered(direction, () => this.finish(direction, 0));
  }

  /** Moves what the end has overtaken, and then the end. */
  private finish(direction: KernelDirection, waitedMs: number): void {
    const { source, sink } = direction;
    if (source.isClosed || sink.isClosed) return;
    const unread = direction.unreadByteCount ?? 0;
    if (unread <= 0) {
      sink.end();
      source.letClose();
      return;
    }
    const bytes = direction.receiveLate(unread);
    if (bytes.length > 0) {
      sink.write(bytes, 0, bytes.length);
      sink.whenFlushed(() => this.finish(direction, 0));
    } else if (waitedMs > LATE_MS_MAX) source.fail(`${unread} bytes of it did not come`);
    else this.options.clock.after(1, () => this.finish(direction, waitedMs + 1));
  }

  private renew(direction: KernelDirection): void {
    if (!this.isOver) direction.renew();
  }

  private look(): void {
    const { options, directions } = this;
    const [a, b] = options.sockets;
    this.lookReads = Math.min(2 * this.lookReads, LOOK_READS_MAX);
    this.readsLeft = this.lookReads;
    if (this.isOver || !a.hasRead || !b.hasRead || !options.isBytesOnly()) return;
    if (!directions.every((direction) => direction.isQuiet)) return;
    this.enter();
  }

  private enter(): void {
    const { options, directions } = this;
    const refusal = directions[0].prepare() ?? directions[1].prepare();
    if (refusal === undefined) {
      this.isKernel = true;
      options.onEntered();
      for (const socket of options.sockets) socket.onClosing = () => this.leave();
    }
    // One direction may be in although the other is not.
    const later = refusal ?? directions[0].enter() ?? directions[1].enter();
    if (later === undefined) return;
    this.readsLeft = Number.POSITIVE_INFINITY;
    if (refusal !== undefined) for (const direction of directions) direction.leave();
    options.onRefused(later);
  }

  private leave(): void {
    if (!this.isKernel) return;
    for (const direction of this.directions) direction.leave();
    this.options.onLeft();
    this.isKernel = false;
  }

  /** The kernel's queue drains in microseconds, but for one that is short of memory. */
  private whenDelivered(direction: KernelDirection, call: () => void, waitMs = 0): void {
    const { source, sink } = direction;
    if (source.isClosed || sink.isClosed) return;
    if (direction.isDelivered) call();
    else if (direction.isSinkLost) sink.fail("the connection was reset");
    else {
      const nextMs = Math.min(2 * waitMs + 1, WAIT_MS_MAX);
      this.options.clock.after(waitMs, () => this.whenDelivered(direction, call, nextMs));
    }
  }
}
