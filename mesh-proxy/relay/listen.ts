/** A TCP listener that makes {@link ByteSocket}s of its connections. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import { ByteSocket } from "./byte-socket.ts";
import type { ReadBuffers } from "./read-buffers.ts";

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** Takes no more connections; those it took live on. */
  close(): Promise<void>;
}

/** The part of a server's handle used here. Node's own `connection` event would build a socket that cannot re-use a buffer. */
interface ServerHandle {
  onconnection: (status: number, handle: unknown) => void;
}

/** @throws WeftError listen-failed */
export async function listen(options: {
  readonly host: string;
  readonly port: number;
  /** Other processes listen there, too, and the kernel gives each its part (SO_REUSEPORT). */
  readonly isShared?: boolean | undefined;
  readonly buffers: ReadBuffers;
  readonly onConnection: (socket: ByteSocket) => void;
  readonly onError: (error: Error) => void;
}): Promise<Listener> {
  const server = createServer();
  await listening(server, options);
  server.on("error", options.onError);
  const { _handle: handle } = server as unknown as { _handle: ServerHandle };
  handle.onconnection = (status, connection) => {
    if (status !== 0 || connection === undefined) options.onError(new Error(`accept failed with status ${status}`));
    else options.onConnection(new ByteSocket(options.buffers, connection));
  };
  const { address, port } = server.address() as AddressInfo;
  return { address, port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listening(
  server: Server,
  {
    host,
    port,
    isShared = false,
  }: { readonly host: string; readonly port: number; readonly isShared?: boolean | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(new WeftError("listen-failed", `cannot listen on ${host}:${port}: ${messageOf(error)}`, { cause: error })),
    );
    server.listen({ host, port, backlog: 1024, reusePort: isShared }, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}
