/** A UDP socket, bound and perhaps connected, with a bound on what waits to be sent. */
import { createSocket, type Socket } from "node:dgram";
import { type LookupOneOptions, lookup } from "node:dns";
import { once } from "node:events";
import { isIP } from "node:net";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import { errorName } from "../../platform/system-calls/error-name.ts";
import { datagramFd } from "../../platform/system-calls/socket-fd.ts";
import type { DatagramCounters } from "../meter/datagram-counters.ts";
import type { DatagramTurn, TurnSocket } from "./datagram-turn.ts";
import { type Destination, QuickSender } from "./quick-sender.ts";

/** The longest payload of UDP over IPv4. */
export const DATAGRAM_BYTES_MAX = 65_507;
/** What Node keeps of datagrams that the kernel does not take at once. */
const QUEUE_BYTES_MAX = 4 << 20;
/** To ask for the queue's length costs a part of what sending does. */
const SENDS_PER_LOOK = 32;

export interface UdpSocketOptions {
  readonly host: string;
  /** 0 is any. */
  readonly port: number;
  /** Then only datagrams from there come in. */
  readonly to?: { readonly address: string; readonly port: number } | undefined;
  readonly receiveBufferBytes: number;
  readonly counters: DatagramCounters;
  readonly turn: DatagramTurn;
  /** @param bytes are overwritten when it has returned; @param from is `to` of a connected socket */
  readonly onDatagram: (bytes: Buffer, from: Destination) => void;
  /** Of a connected socket: nobody listens at the far side, or its host cannot be reached. May come more than once. */
  readonly onRefused?: () => void;
}

const refusals: ReadonlySet<string | undefined> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"]);

/** @throws WeftError listen-failed */
export async function openUdpSocket(options: UdpSocketOptions): Promise<UdpSocket> {
  const { host, port, to, receiveBufferBytes } = options;
  const isIpv6 = (to?.address ?? host).includes(":");
  const socket = createSocket({
    type: isIpv6 ? "udp6" : "udp4",
    lookup: lookUp,
  });
  // What comes as soon as it is bound is not to be missed.
  const opened = new UdpSocket(socket, options);
  try {
    // Both may happen at once.
    await Promise.all([once(socket, "listening"), socket.bind({ address: host, port, exclusive: true })]);
    socket.setRecvBufferSize(receiveBufferBytes);
    if (to !== undefined) await Promise.all([once(socket, "connect"), socket.connect(to.port, to.address)]);
  } catch (cause) {
    await opened.close();
    throw new WeftError("listen-failed", `udp ${host}:${port}: ${messageOf(cause)}`, { cause });
  }
  return opened;
}

/** An address is its own answer at once: so no datagram waits for a turn of the event loop. */
const lookUp: typeof lookup = ((host: string, options: LookupOneOptions, done: LookupDone) => {
  const family = isIP(host);
  if (family === 0) lookup(host, options, done);
  else done(null, host, family);
}) as typeof lookup;

type LookupDone = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

export class UdpSocket implements TurnSocket {
  readonly hasSenders: boolean;

  private readonly socket: Socket;
  private readonly options: UdpSocketOptions;
  private isClosed = false;
  private readonly sender: QuickSender;
  private sendCount = 0;
  private isFull = false;
  private readonly isBatched: boolean;
  private ownFd = -1;
  /** Node may have datagrams to send that the kernel did not take: the next ones go behind them. */
  private hasQueue = false;

  constructor(socket: Socket, options: UdpSocketOptions) {
    this.socket = socket;
    this.options = options;
    this.sender = new QuickSender(socket, (error) => this.sent(error));
    this.hasSenders = options.to === undefined;
    // Of what comes unconnected over IPv6 Node reads the sender.
    this.isBatched = options.to !== undefined || !options.host.includes(":");
    socket.on("message", (bytes, from) => options.turn.run(this, () => options.onDatagram(bytes, from)));
    socket.on("error", (error: NodeJS.ErrnoException) => this.failed(error));
  }

  get port(): number {
    return this.socket.address().port;
  }

  get fd(): number {
    if (!this.isBatched || this.isClosed) return -1;
    // There is one as soon as the socket is bound, and it stays the same.
    if (this.ownFd < 0) this.ownFd = datagramFd(this.socket);
    return this.ownFd;
  }

  /** To where the socket is connected. */
  send(pieces: readonly Buffer[]): void {
    this.pass(pieces, undefined);
  }

  sendTo(pieces: readonly Buffer[], to: Destination): void {
    this.pass(pieces, to);
  }

  received(bytes: Buffer, from: Destination | undefined): void {
    const sender = from ?? this.options.to;
    if (sender !== undefined && !this.isClosed) this.options.onDatagram(bytes, sender);
  }

  readFailed(error: number): void {
    this.failed(errorOf(error));
  }

  sendFailed(error: number): void {
    this.sent(errorOf(error));
  }

  sendAlone(pieces: readonly Buffer[], to: Destination | undefined): void {
    if (this.canSend()) this.hasQueue = this.sender.send(pieces, to) || this.hasQueue;
  }

  close(): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    this.isClosed = true;
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }

  private pass(pieces: readonly Buffer[], to: Destination | undefined): void {
    const { turn } = this.options;
    if (this.hasQueue) this.hasQueue = !this.isClosed && this.socket.getSendQueueCount() > 0;
    if (!this.hasQueue && turn.add(this, pieces, to)) return;
    if (!this.canSend()) return;
    // What Node keeps must stay as it is.
    const kept = turn.isLending ? pieces.map((piece) => Buffer.from(piece)) : pieces;
    this.hasQueue = this.sender.send(kept, to) || this.hasQueue;
  }

  private canSend(): boolean {
    if (this.isClosed) return false;
    if (this.isFull || this.sendCount++ % SENDS_PER_LOOK === 0)
      this.isFull = this.socket.getSendQueueSize() > QUEUE_BYTES_MAX;
    if (this.isFull) this.options.counters.lose("queue_full");
    return !this.isFull;
  }

  private sent(error: NodeJS.ErrnoException | null): void {
    if (!error || this.isClosed) return;
    this.options.counters.lose(error.code === "EMSGSIZE" ? "too_large" : "send_failed");
    this.failed(error);
  }

  /** The kernel tells of a refusal with the next call, whatever that is. */
  private failed(error: NodeJS.ErrnoException): void {
    if (refusals.has(error.code)) this.options.onRefused?.();
  }
}

function errorOf(number: number): NodeJS.ErrnoException {
  const code = errorName(number);
  return Object.assign(new Error(code), { code });
}
