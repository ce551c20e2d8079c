/** The gNB's GTP-U: one tunnel and one stream of bytes for each PDU session. */
import { createSocket, type Socket } from "node:dgram";
import type { Counters } from "../counters.ts";
import { decodeGtpu, encodeEcho, encodeGPdu, type GtpuMessage } from "../gtpu/gtpu-message.ts";
import type { Tunnel } from "../pfcp/addresses.ts";
import { bindUdp, closeUdp, sendUdp } from "../udp.ts";
import { Mailbox } from "./mailbox.ts";

export interface UserPlaneConfig {
  readonly host: string;
  readonly gtpuPort: number;
  readonly segmentBytesMax: number;
  readonly counters: Counters;
  /** Where tunnel identifiers begin. */
  readonly teidStart: number;
}

export type StreamEvent =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  /** The stream is of no use any more: the UPF ended it, lost the tunnel, or a datagram is missing. */
  | { readonly kind: "ended"; readonly cause: "n6-closed" | "tunnel-lost" | "datagram-lost" };

const eventsPerStreamMax = 4096;
const qfi = 9;

/** One session's bytes. */
export class UserStream {
  readonly tunnel: Tunnel;
  readonly mailbox = new Mailbox<StreamEvent>(eventsPerStreamMax);
  readonly #send: (payload: Buffer) => void;
  readonly #segmentBytesMax: number;
  #expected: number | undefined;

  constructor(tunnel: Tunnel, segmentBytesMax: number, send: (payload: Buffer) => void) {
    this.tunnel = tunnel;
    this.#segmentBytesMax = segmentBytesMax;
    this.#send = send;
  }

  write(bytes: Buffer): void {
    for (let offset = 0; offset < bytes.length; offset += this.#segmentBytesMax) {
      this.#send(bytes.subarray(offset, offset + this.#segmentBytesMax));
    }
  }

  take(payload: Buffer, sequence: number | undefined): void {
    const isInOrder = this.#expected === undefined || sequence === undefined || sequence === this.#expected;
    this.#expected = sequence === undefined ? undefined : (sequence + 1) & 0xffff;
    const isTaken = isInOrder && this.mailbox.put({ kind: "bytes", bytes: payload });
    if (!isTaken) this.mailbox.put({ kind: "ended", cause: "datagram-lost" });
  }
}

export class UserPlane {
  readonly #config: UserPlaneConfig;
  readonly #socket: Socket;
  readonly #streams = new Map<number, UserStream>();
  readonly #byUplink = new Map<string, UserStream>();
  #nextTeid: number;

  private constructor(config: UserPlaneConfig, socket: Socket) {
    this.#config = config;
    this.#socket = socket;
    this.#nextTeid = config.teidStart >>> 0;
    socket.on("message", (datagram, { address, port }) => this.#receive(datagram, address, port));
    socket.on("error", () => config.counters.add("gtpuSocketErrors"));
  }

  /** Throws `listen-failed`. */
  static async open(config: UserPlaneConfig): Promise<UserPlane> {
    const socket = createSocket("udp4");
    await bindUdp(socket, { host: config.host, port: config.gtpuPort });
    return new UserPlane(config, socket);
  }

  /** A stream into the UPF's tunnel, with a tunnel of its own for the way back. */
  openStream(uplink: Tunnel): UserStream {
    do this.#nextTeid = (this.#nextTeid + 1) >>> 0;
    while (this.#nextTeid === 0 || this.#streams.has(this.#nextTeid));
    const { host: address, segmentBytesMax, gtpuPort, counters } = this.#config;
    const tunnel = { address, teid: this.#nextTeid };
    let sequence = 0;
    const stream = new UserStream(tunnel, segmentBytesMax, (payload) => {
      sequence = (sequence + 1) & 0xffff;
      counters.add("uplinkBytes", payload.length);
      this.#send(encodeGPdu({ teid: uplink.teid, sequence, qfi, payload }, "uplink"), uplink.address, gtpuPort);
    });
    this.#streams.set(tunnel.teid, stream);
    this.#byUplink.set(keyOf(uplink), stream);
    return stream;
  }

  closeStream(stream: UserStream, uplink: Tunnel): void {
    stream.mailbox.close();
    this.#streams.delete(stream.tunnel.teid);
    this.#byUplink.delete(keyOf(uplink));
  }

  stop(): Promise<void> {
    for (const stream of this.#streams.values()) stream.mailbox.close();
    return closeUdp(this.#socket);
  }

  #receive(datagram: Buffer, host: string, port: number): void {
    const decoded = decodeGtpu(datagram);
    if (decoded.kind === "malformed") this.#config.counters.add("gtpuMalformed");
    else this.#handle(decoded.message, host, port);
  }

  #handle(message: GtpuMessage, host: string, port: number): void {
    const { counters } = this.#config;
    switch (message.kind) {
      case "g-pdu":
        counters.add("downlinkBytes", message.payload.length);
        this.#streamOf(message.teid)?.take(message.payload, message.sequence);
        break;
      case "end-marker":
        this.#streamOf(message.teid)?.mailbox.put({ kind: "ended", cause: "n6-closed" });
        break;
      case "error-indication":
        this.#byUplink.get(keyOf(message.tunnel))?.mailbox.put({ kind: "ended", cause: "tunnel-lost" });
        break;
      case "echo-request":
        this.#send(encodeEcho("echo-response", message.sequence), host, port);
        break;
      case "echo-response":
        break;
    }
  }

  #send(bytes: Buffer, host: string, port: number): void {
    sendUdp(this.#socket, bytes, { host, port }, () => this.#config.counters.add("gtpuSendErrors"));
  }

  #streamOf(teid: number): UserStream | undefined {
    const stream = this.#streams.get(teid);
    if (!stream) this.#config.counters.add("unknownTeid");
    return stream;
  }
}

function keyOf({ address, teid }: Tunnel): string {
  return `${address} ${teid}`;
}
