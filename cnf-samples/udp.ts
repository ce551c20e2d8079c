/** Binding, sending on and closing UDP sockets. */
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { addressText, type Endpoint } from "./config-fields.ts";

/** Throws `listen-failed`. */
export async function bindUdp(socket: Socket, { host, port }: Endpoint): Promise<void> {
  try {
    socket.bind({ address: host, port, exclusive: true });
    await once(socket, "listening");
  } catch (cause) {
    throw new WeftError("listen-failed", `udp ${addressText({ host, port })}: ${messageOf(cause)}`, { cause });
  }
}

export function closeUdp(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}

/** Sends, and calls `onError` where that fails, also because the socket has been closed meanwhile. */
export function sendUdp(socket: Socket, bytes: Uint8Array, { host, port }: Endpoint, onError: () => void): void {
  try {
    socket.send(bytes, port, host, (error) => {
      if (error) onError();
    });
  } catch {
    onError();
  }
}
