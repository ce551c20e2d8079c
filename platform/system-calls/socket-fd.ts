import type { Server, Socket } from "node:net";

/** The descriptor of an open socket; -1 when it has none. It is the socket's own: closing it elsewhere breaks Node's loop. */
export function socketFd(socket: Socket | Server): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}
