/** Holds connections until the proxy knows where they go: an application may start before the first snapshot has come. */
import type { RunningVersion } from "../control/running-version.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";

/** More go on at once, which refuses them. */
const HELD_MAX = 1000;

export type Accept = (socket: ByteSocket) => void;

export class SnapshotHold {
  private readonly context: ProxyContext;
  private readonly running: RunningVersion;
  private readonly held = new Map<ByteSocket, () => void>();
  private isWaiting = false;

  constructor(context: ProxyContext, running: RunningVersion) {
    this.context = context;
    this.running = running;
  }

  /** `accept` gets every connection once: at once where there is a snapshot, else with the first, or after `acceptTimeoutMs` without. */
  before(accept: Accept): Accept {
    return (socket) => {
      if (this.context.routes() === undefined && this.held.size < HELD_MAX) this.hold(socket, accept);
      else accept(socket);
    };
  }

  /** Resets what still waits. */
  close(): void {
    for (const [socket, release] of this.held) {
      socket.reset();
      release();
    }
  }

  private hold(socket: ByteSocket, accept: Accept): void {
    const { clock, config } = this.context;
    const release = () => {
      cancel();
      this.held.delete(socket);
      if (!socket.socket.destroyed) accept(socket);
    };
    const cancel = clock.after(config.acceptTimeoutMs, release);
    this.held.set(socket, release);
    if (this.isWaiting) return;
    this.isWaiting = true;
    void this.running.wait(0).then(() => {
      for (const call of [...this.held.values()]) call();
    });
  }
}
