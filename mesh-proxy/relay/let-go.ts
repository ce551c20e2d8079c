import type { Clock } from "../../core/ports/clock.ts";
import type { ByteSocket } from "./byte-socket.ts";

/**
 * Ends a socket that no flow waits for. It may take as long as its peer takes bytes; one that takes none for `patienceMs` is
 * stalled. When it has them all, it has `patienceMs` to close.
 */
export function letGo(
  socket: ByteSocket,
  { clock, patienceMs }: { readonly clock: Clock; readonly patienceMs: number },
  onStalled: () => void,
): void {
  let cancel = () => {};
  const { onClosed } = socket;
  socket.onClosed = (error) => {
    cancel();
    onClosed(error);
  };
  const watch = (queuedByteCount: number) => {
    cancel = clock.after(patienceMs, () => {
      const { writableLength } = socket.socket;
      if (queuedByteCount === 0) socket.destroy();
      else if (writableLength < queuedByteCount) watch(writableLength);
      else onStalled();
    });
  };
  socket.end();
  if (!socket.isClosed) watch(socket.socket.writableLength);
}
