/** Waits until a client's first bytes tell which protocol it speaks; they are put back. */
import { Buffer } from "node:buffer";
import { type DetectedProtocol, detectProtocol } from "../codec/detect-protocol.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";

/** HTTP/2's clients speak first, and at once. */
const TIMEOUT_MS = 1000;

/** Answers once; `tcp` also for a client that says too little, ends or breaks off. The socket is not read on when it does. */
export function readFirstWords(
  socket: ByteSocket,
  { clock }: ProxyContext,
  timeoutMs = TIMEOUT_MS,
): Promise<DetectedProtocol> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve) => {
    const { onClosed } = socket;
    const answer = (protocol: DetectedProtocol) => {
      cancel();
      socket.pause();
      socket.onBytes = () => false;
      socket.onEnd = () => {};
      socket.onClosed = onClosed;
      socket.putBack(bytes);
      resolve(protocol);
    };
    const cancel = clock.after(timeoutMs, () => answer("tcp"));
    socket.onClosed = (error) => {
      onClosed(error);
      answer("tcp");
    };
    socket.onEnd = () => answer("tcp");
    socket.onBytes = (piece, from, to) => {
      bytes = Buffer.concat([bytes, piece.subarray(from, to)]);
      const protocol = detectProtocol(bytes, 0, bytes.length);
      if (protocol !== "partial") answer(protocol);
      // They are copied.
      return true;
    };
    socket.resume();
  });
}
