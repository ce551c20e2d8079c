import type { Socket as DatagramSocket } from "node:dgram";
import type { Server, Socket } from "node:net";

/** The descriptor of an open socket; -1 when it has none. It is the socket's own: closing it elsewhere breaks Node's loop. */
export function socketFd(socket: Socket | Server): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}

/** The same of a socket of datagrams, once it is bound. */
export function datagramFd(socket: DatagramSocket): number {
  const handle = datagramHandle(socket) as { readonly fd?: number } | undefined;
  return handle?.fd ?? -1;
}

/** Node's own object under a socket of datagrams; undefined where Node keeps it elsewhere than it did, or the socket is closed. */
export function datagramHandle(socket: DatagramSocket): object | undefined {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "state symbol");
  const state = key && (socket as unknown as Record<symbol, { readonly handle?: object | null }>)[key];
  return state?.handle ?? undefined;
}
