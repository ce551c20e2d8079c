/**
 * Sends a datagram without the request object that Node makes for each, which costs a tenth of a relayed datagram. The object is needed only
 * for what the kernel does not take at once; so one that Node has made is used again and again, until it is.
 */
import type { Socket } from "node:dgram";
import { getSystemErrorName } from "node:util";
import { datagramHandle } from "../../platform/system-calls/socket-fd.ts";

export interface Destination {
  readonly port: number;
  readonly address: string;
}

/** The part of a UDP socket's handle used here: more than 0 is sent, 0 is queued, less is an error. */
interface Handle {
  send(request: object, pieces: readonly Buffer[], count: number, ...rest: readonly unknown[]): number;
}

type OnSent = (error: NodeJS.ErrnoException | null) => void;

export class QuickSender {
  private readonly socket: Socket;
  private readonly onSent: OnSent;
  private readonly handle: Handle | undefined;
  private request: object | undefined;

  constructor(socket: Socket, onSent: OnSent) {
    this.socket = socket;
    this.onSent = onSent;
    const handle = datagramHandle(socket) as Partial<Handle> | undefined;
    // Where Node keeps it elsewhere all goes the public way.
    this.handle = typeof handle?.send === "function" ? (handle as Handle) : undefined;
  }

  /** @param to absent where the socket is connected. @returns whether Node may have queued it, as the kernel did not take it at once */
  send(pieces: readonly Buffer[], to?: Destination): boolean {
    const { handle, request } = this;
    if (handle === undefined || request === undefined) {
      this.sendAsNode(pieces, to);
      return true;
    }
    const { length } = pieces;
    const status =
      to === undefined
        ? handle.send(request, pieces, length, false)
        : handle.send(request, pieces, length, to.port, to.address, false);
    // It is the queued datagram's from now on.
    if (status === 0) this.request = undefined;
    if (status < 0) this.onSent(Object.assign(new Error("send"), { code: getSystemErrorName(status) }));
    return status === 0;
  }

  private sendAsNode(pieces: readonly Buffer[], to: Destination | undefined): void {
    const restore = this.handle && this.watch(this.handle);
    if (to === undefined) this.socket.send(pieces, this.onSent);
    else this.socket.send(pieces, to.port, to.address, this.onSent);
    restore?.();
  }

  /** Keeps the request that Node makes for its next datagram, if that goes out at once. */
  private watch(handle: Handle): () => void {
    const { send } = handle;
    handle.send = (request, ...rest) => {
      const status = send.call(handle, request, ...rest);
      if (status > 0) this.request = request;
      return status;
    };
    return () => {
      handle.send = send;
    };
  }
}
