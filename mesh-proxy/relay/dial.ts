/** Opens one TCP connection, or says why not. */
import type { Clock } from "../../core/ports/clock.ts";
import { afterReading } from "./after-reading.ts";
import { ByteSocket } from "./byte-socket.ts";
import type { ReadBuffers } from "./read-buffers.ts";

export interface DialTarget {
  readonly host: string;
  readonly port: number;
  /** The address to dial from. */
  readonly localAddress?: string | undefined;
  /** Called when it is known which port it is dialled from, before whoever accepts it can be told; the host must be an address. */
  readonly onDialled?: ((socket: ByteSocket) => void) | undefined;
}

export type DialResult =
  | {
      readonly kind: "connected";
      readonly socket: ByteSocket;
      /** From the call to the notice of the kernel's answer. */
      readonly connectMs: number;
    }
  /** `wasSilent`: no answer came, not even a refusal. */
  | { readonly kind: "failed"; readonly reason: string; readonly wasSilent: boolean };

export interface DialDeps {
  readonly clock: Clock;
  readonly buffers: ReadBuffers;
  readonly connectTimeoutMs: number;
}

/** Never rejects. The socket does not read before `resume`. */
export function dial({ host, port, localAddress, onDialled }: DialTarget, deps: DialDeps): Promise<DialResult> {
  const connection = new ByteSocket(deps.buffers);
  const startMs = deps.clock.nowMs();
  return new Promise((resolve) => {
    let wasSilent = false;
    const cancel = afterReading(deps.clock, deps.connectTimeoutMs, () => {
      wasSilent = true;
      connection.error = new Error(`no connection to ${host}:${port} within ${deps.connectTimeoutMs} ms`);
      connection.destroy();
    });
    connection.onClosed = (error) => {
      cancel();
      resolve({ kind: "failed", reason: error?.message ?? `${host}:${port} closed the connection at once`, wasSilent });
    };
    connection.socket.connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) }, () => {
      cancel();
      connection.onClosed = () => {};
      resolve({ kind: "connected", socket: connection, connectMs: deps.clock.nowMs() - startMs });
    });
    // Node asks the kernel in a turn of its own.
    if (onDialled !== undefined) process.nextTick(() => onDialled(connection));
  });
}
