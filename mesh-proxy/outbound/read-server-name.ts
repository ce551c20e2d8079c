/** Waits for what a client says first, to see which name its TLS asks for. */
import { Buffer } from "node:buffer";
import { CLIENT_HELLO_BYTES_MAX, readClientHello } from "../codec/tls-client-hello.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";

export interface FirstWords {
  /** Undefined without TLS, or a name in it, or in time: a protocol whose server speaks first must not wait for ever. */
  readonly serverName: string | undefined;
  /** Read already, to be passed on before anything else. */
  readonly bytes: Buffer;
}

/** A client that says it in more pieces than this has its reasons, and gets no longer a look each. */
const PIECES_MAX = 64;

/** Answers once, also when the client ends or breaks off. The socket is not read on when it does. */
export function readServerName(socket: ByteSocket, { clock, config, own }: ProxyContext): Promise<FirstWords> {
  let bytes = Buffer.alloc(0);
  let pieceCount = 0;
  return new Promise((resolve) => {
    const answer = (serverName: string | undefined) => {
      cancel();
      socket.pause();
      socket.onBytes = () => false;
      socket.onEnd = () => {};
      socket.onClosed = onClosed;
      resolve({ serverName, bytes });
    };
    const cancel = clock.after(config.serverNameTimeoutMs, () => {
      own.unnamedConnectionCount++;
      answer(undefined);
    });
    const { onClosed } = socket;
    socket.onClosed = (error) => {
      onClosed(error);
      answer(undefined);
    };
    socket.onEnd = () => answer(undefined);
    socket.onBytes = (piece, from, to) => {
      bytes = Buffer.concat([bytes, piece.subarray(from, to)]);
      pieceCount++;
      const result = readClientHello(bytes, 0, bytes.length);
      const isGivenUp = pieceCount >= PIECES_MAX || bytes.length >= CLIENT_HELLO_BYTES_MAX;
      if (result.kind === "partial" && !isGivenUp) return true;
      answer(result.kind === "hello" ? result.serverName : undefined);
      // They are copied.
      return true;
    };
    socket.resume();
  });
}
