/** Sockets that carry one flow: one that fails takes the others with it, so that no peer takes half a flow for a whole one. */
import type { ByteSocket } from "./byte-socket.ts";

/** What goes by a flow without carrying it. */
export interface FlowFollower {
  flowOver(hasFailed: boolean): void;
}

export class SocketGroup {
  /** One of them closed out of order; the others were reset. */
  onFailed: (error: Error, socket: ByteSocket) => void = () => {};
  /** All are closed. */
  onEmpty: () => void = () => {};
  isFailed = false;

  private readonly sockets = new Set<ByteSocket>();
  private readonly followers: FlowFollower[] = [];

  add(socket: ByteSocket): void {
    this.sockets.add(socket);
    socket.onClosed = (error) => this.left(socket, error);
    if (socket.isClosed) this.left(socket, socket.error);
  }

  /** Tells `follower` when all sockets are closed; nothing that becomes of it changes the flow. */
  follow(follower: FlowFollower): void {
    this.followers.push(follower);
  }

  reset(): void {
    this.isFailed = true;
    for (const socket of this.sockets) socket.reset();
  }

  end(): void {
    for (const socket of this.sockets) socket.end();
  }

  /** Grows while anything moves. Not for hot paths. */
  get byteCount(): number {
    let sum = 0;
    for (const { socket } of this.sockets) sum += socket.bytesRead + socket.bytesWritten - socket.writableLength;
    return sum;
  }

  private left(socket: ByteSocket, error: Error | undefined): void {
    if (!this.sockets.delete(socket)) return;
    if (error !== undefined && !this.isFailed) {
      this.reset();
      this.onFailed(error, socket);
    }
    if (this.sockets.size > 0) return;
    for (const follower of this.followers) follower.flowOver(this.isFailed);
    this.onEmpty();
  }
}
