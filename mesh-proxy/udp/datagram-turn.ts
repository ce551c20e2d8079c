/**
 * What a socket has received is read many at a time, and what is sent meanwhile goes many at a time: two system calls for dozens of
 * datagrams instead of two for each. Node says that something came, and has read the first; the rest is read here before Node looks
 * again. Where system calls are not to be had, all goes one by one.
 */
import { constants } from "node:os";
import type { Log } from "../../core/ports/log.ts";
import { DatagramVector } from "../../platform/system-calls/datagram-vector.ts";
import { loadSystemCalls } from "../../platform/system-calls/load-system-calls.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import { formatIpv4, parseIpv4 } from "./ipv4-number.ts";
import type { Destination } from "./quick-sender.ts";

const SLOT_COUNT = 32;
/** Longest datagram that is received. */
const RECEIVED_BYTES_MAX = 65_536;
/** What is longer is sent alone. */
const SENT_BYTES_MAX = 2048;
/** Sockets that send many at a time in one turn; more send one by one. */
const OUTGOING_MAX = 8;
/** Other sockets have their turn, too. */
const READS_MAX = 4;

/** A socket whose datagrams may go many at a time. */
export interface TurnSocket {
  /** -1 when it has none. */
  readonly fd: number;
  /** Datagrams come with their senders; else `received` is told none. */
  readonly hasSenders: boolean;
  /** @param bytes are the caller's again when it returns */
  received(bytes: Buffer, from: Destination | undefined): void;
  /** @param error a number, negated; of something that was sent before */
  readFailed(error: number): void;
  sendFailed(error: number): void;
  /** By Node, which keeps what the kernel does not take at once. */
  sendAlone(pieces: readonly Buffer[], to: Destination | undefined): void;
}

interface Outgoing {
  readonly vector: DatagramVector;
  count: number;
  readonly to: (Destination | undefined)[];
}

interface Batching {
  readonly incoming: DatagramVector;
  readonly spare: Outgoing[];
}

export class DatagramTurn {
  private readonly log: Log;
  private state: "unasked" | "unavailable" | Batching = "unasked";
  private isOpen = false;
  private readonly outgoing = new Map<TurnSocket, Outgoing>();

  constructor(log: Log) {
    this.log = log;
  }

  /** @param takeFirst takes the datagram that Node has read */
  run(socket: TurnSocket, takeFirst: () => void): void {
    const { state } = this;
    if (state === "unasked") void this.load();
    if (typeof state === "string" || this.isOpen || socket.fd < 0) {
      takeFirst();
      return;
    }
    this.isOpen = true;
    try {
      takeFirst();
      for (let read = 0; read < READS_MAX && this.readOn(socket, state.incoming); read++);
    } finally {
      this.isOpen = false;
      for (const [sender, outgoing] of this.outgoing) this.flush(sender, outgoing);
    }
  }

  /** @returns false when it has to go alone, and nothing of the socket waits before it */
  add(socket: TurnSocket, pieces: readonly Buffer[], to: Destination | undefined): boolean {
    const { state } = this;
    if (!this.isOpen || typeof state === "string" || socket.fd < 0) return false;
    const known = this.outgoing.get(socket);
    const address = to === undefined ? -1 : parseIpv4(to.address);
    if (byteCountOf(pieces) > SENT_BYTES_MAX || (to !== undefined && address < 0)) {
      if (known !== undefined) this.flush(socket, known);
      return false;
    }
    const outgoing = known ?? this.beginOutgoing(socket, state);
    if (outgoing === undefined) return false;
    outgoing.vector.put(outgoing.count, pieces, address, to?.port ?? 0);
    outgoing.to[outgoing.count++] = to;
    if (outgoing.count === SLOT_COUNT) this.send(socket, outgoing);
    return true;
  }

  /** Whether bytes that a socket has received last are overwritten soon. */
  get isLending(): boolean {
    return this.isOpen;
  }

  /** @returns whether there may be more */
  private readOn(socket: TurnSocket, incoming: DatagramVector): boolean {
    const count = incoming.receive(socket.fd);
    if (count < 0 && count !== -constants.errno.EAGAIN) socket.readFailed(count);
    for (let slot = 0; slot < count; slot++) {
      const from = socket.hasSenders
        ? { address: formatIpv4(incoming.addressAt(slot)), port: incoming.portAt(slot) }
        : undefined;
      if (!incoming.isCutAt(slot)) socket.received(incoming.payloadAt(slot), from);
    }
    return count === SLOT_COUNT;
  }

  private beginOutgoing(socket: TurnSocket, { spare }: Batching): Outgoing | undefined {
    const outgoing = spare.pop();
    if (outgoing !== undefined) this.outgoing.set(socket, outgoing);
    return outgoing;
  }

  /** Sends what waits, and has room for another socket's. */
  private flush(socket: TurnSocket, outgoing: Outgoing): void {
    this.send(socket, outgoing);
    this.outgoing.delete(socket);
    if (typeof this.state !== "string") this.state.spare.push(outgoing);
  }

  private send(socket: TurnSocket, outgoing: Outgoing): void {
    const { vector, count, to } = outgoing;
    outgoing.count = 0;
    for (let at = 0; at < count; ) {
      const sent = vector.send(socket.fd, at, count);
      if (sent > 0) at += sent;
      else if (sent === -constants.errno.EAGAIN) {
        for (; at < count; at++) socket.sendAlone([Buffer.from(vector.putAt(at))], to[at]);
      } else {
        // Of this one, or of one before that the kernel tells only now.
        socket.sendFailed(sent);
        at++;
      }
    }
  }

  private async load(): Promise<void> {
    this.state = "unavailable";
    const loaded = await loadSystemCalls();
    if (loaded.kind === "loaded") this.state = batchingBy(loaded.calls);
    else this.log.info("datagrams are read and sent one by one", { reason: loaded.reason });
  }
}

function batchingBy(calls: SystemCalls): Batching {
  const slots = { slotCount: SLOT_COUNT };
  return {
    incoming: new DatagramVector(calls, { ...slots, slotBytes: RECEIVED_BYTES_MAX }),
    spare: Array.from({ length: OUTGOING_MAX }, () => {
      return { vector: new DatagramVector(calls, { ...slots, slotBytes: SENT_BYTES_MAX }), count: 0, to: [] };
    }),
  };
}

function byteCountOf(pieces: readonly Buffer[]): number {
  let sum = 0;
  for (const { length } of pieces) sum += length;
  return sum;
}
