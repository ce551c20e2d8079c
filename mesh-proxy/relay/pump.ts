/** Moves one direction of a flow: bytes, back-pressure and the end of stream. */
import type { ByteSocket } from "./byte-socket.ts";
import type { CopySink } from "./copy-sink.ts";

/** At most one read buffer waits on a slow sink; its source is not read meanwhile. */
export function pump(source: ByteSocket, sink: ByteSocket, tap?: CopySink): void {
  source.onBytes = (bytes, from, to) => {
    tap?.copy(bytes, from, to);
    if (sink.write(bytes, from, to)) return true;
    sink.resumeWhenFlushed(source);
    return false;
  };
  source.onEnd = () => {
    sink.end();
    tap?.end();
  };
  if (source.hasEnded) source.onEnd();
}
