/** Sockets that carry one flow: one that fails takes the others with it, so that no peer takes half a flow for a whole one. */
import type { ByteSocket } from "./byte-socket.ts";

export class SocketGroup {
  /** One of them closed out of order; the others were reset. */
  onFailed: (error: Error, socket: ByteSocket) => void = () => {};
  /** All are closed. */
  onEmpty: () => void = () => {};
  /** All are closed but those that were added loosely. */
  onLeftAlone: () => void = () => {};
  isFailed = false;

  private readonly sockets = new Set<ByteSocket>();
  private readonly looseSockets = new Set<ByteSocket>();

  add(socket: ByteSocket): void {
    this.sockets.add(socket);
    socket.onClosed = (error) => this.left(socket, error);
    if (socket.isClosed) this.left(socket, socket.error);
  }

  /** A failure of one of these does not fail the group. */
  addLoosely(socket: ByteSocket): void {
    this.sockets.add(socket);
    this.looseSockets.add(socket);
    socket.onClosed = () => this.left(socket, undefined);
    if (socket.isClosed) this.left(socket, undefined);
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
    const wasLoose = this.looseSockets.delete(socket);
    if (error !== undefined && !this.isFailed) {
      this.reset();
      this.onFailed(error, socket);
    }
    if (this.sockets.size === 0) this.onEmpty();
    else if (!wasLoose && this.sockets.size === this.looseSockets.size) this.onLeftAlone();
  }
}
