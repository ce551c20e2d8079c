/** Asks a host for nothing but a sign of life, on a connection of its own. */
import { connect } from "node:net";
import type { Clock } from "../../core/ports/clock.ts";
import { encodeLocalProxyHeader } from "../codec/proxy-protocol.ts";
import type { DialTarget } from "./dial.ts";

/** A host that refuses is there, too. */
const ANSWERS: ReadonlySet<string | undefined> = new Set(["ECONNREFUSED", "ECONNRESET"]);

/** @returns whether its kernel answered within `timeoutMs`; its programs need not, so that a busy one is not taken for dead. */
export function knock({ host, port, localAddress }: DialTarget, clock: Clock, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    const cancel = clock.after(timeoutMs, () => socket.destroy());
    // The proxy there closes: whoever closes first keeps the port for a minute.
    socket.once("connect", () => {
      resolve(true);
      socket.write(encodeLocalProxyHeader());
      socket.resume();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(ANSWERS.has(error.code)));
    socket.once("close", () => {
      cancel();
      resolve(false);
    });
  });
}
