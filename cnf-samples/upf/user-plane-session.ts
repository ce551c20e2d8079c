/** One session's byte stream: uplink payloads to a TCP connection on N6, what comes back into the gNB's tunnel. */
import { connect, type Socket } from "node:net";
import type { Endpoint } from "../config-fields.ts";
import type { Counters } from "../counters.ts";
import { encodeEndMarker, encodeGPdu } from "../gtpu/gtpu-message.ts";
import type { Tunnel } from "../pfcp/addresses.ts";
import type { PacedSender } from "./paced-sender.ts";

export interface UserPlaneOptions {
  readonly n6: Endpoint;
  /** Address to connect from. */
  readonly localAddress: string;
  /** Payload bytes of one G-PDU. */
  readonly segmentBytesMax: number;
  /** Bytes a session may hold in each direction. */
  readonly queueBytesMax: number;
  readonly connectTimeoutMs: number;
  readonly sender: PacedSender;
  readonly counters: Counters;
}

const qfi = 9;

export class UserPlaneSession {
  readonly #options: UserPlaneOptions;
  #downlink: Tunnel | undefined;
  #socket: Socket | undefined;
  #queuedBytes = 0;
  #uplinkSequence: number | undefined;
  #downlinkSequence = 0;

  constructor(options: UserPlaneOptions, downlink: Tunnel | undefined) {
    this.#options = options;
    this.#downlink = downlink;
  }

  /** Downlink flows from here on, or waits when undefined. */
  setDownlink(downlink: Tunnel | undefined): void {
    this.#downlink = downlink;
    this.#resumeIfDrained();
  }

  /** A lost datagram would leave a hole in the stream, so the stream ends there. */
  uplink(payload: Buffer, sequence: number | undefined): void {
    const { counters, queueBytesMax } = this.#options;
    const expected = this.#uplinkSequence === undefined ? sequence : (this.#uplinkSequence + 1) & 0xffff;
    this.#uplinkSequence = sequence;
    if (sequence !== expected && sequence !== undefined) {
      this.#breakStream("uplinkGaps");
      return;
    }
    const socket = this.#connected();
    if (socket.writableLength + payload.length > queueBytesMax) {
      this.#breakStream("uplinkOverflows");
      return;
    }
    counters.add("uplinkBytes", payload.length);
    socket.write(payload);
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #connected(): Socket {
    if (this.#socket) return this.#socket;
    const { n6, localAddress, connectTimeoutMs, counters } = this.#options;
    const socket = connect({ ...n6, localAddress, noDelay: true, timeout: connectTimeoutMs });
    counters.add("n6Connections");
    socket.once("connect", () => socket.setTimeout(0));
    socket.once("timeout", () => socket.destroy());
    socket.on("error", () => counters.add("n6Errors"));
    socket.on("data", (chunk: Buffer) => this.#downlinkBytes(socket, chunk));
    socket.once("close", () => this.#streamEnded(socket));
    if (!this.#downlink) socket.pause();
    this.#socket = socket;
    return socket;
  }

  #downlinkBytes(socket: Socket, chunk: Buffer): void {
    const { segmentBytesMax, queueBytesMax, counters } = this.#options;
    counters.add("downlinkBytes", chunk.length);
    for (let offset = 0; offset < chunk.length; offset += segmentBytesMax) {
      this.#queueSegment(chunk.subarray(offset, offset + segmentBytesMax));
    }
    if (this.#queuedBytes >= queueBytesMax || !this.#downlink) socket.pause();
  }

  #queueSegment(payload: Buffer): void {
    const { sender, counters } = this.#options;
    const tunnel = this.#downlink;
    if (!tunnel) {
      counters.add("downlinkDropped");
      return;
    }
    this.#downlinkSequence = (this.#downlinkSequence + 1) & 0xffff;
    const pdu = { teid: tunnel.teid, sequence: this.#downlinkSequence, qfi, payload };
    this.#queuedBytes += payload.length;
    sender.push({
      bytes: encodeGPdu(pdu, "downlink"),
      host: tunnel.address,
      sent: () => {
        this.#queuedBytes -= payload.length;
        this.#resumeIfDrained();
      },
    });
  }

  #resumeIfDrained(): void {
    const isReady = this.#downlink !== undefined && this.#queuedBytes < this.#options.queueBytesMax / 2;
    if (isReady && this.#socket?.isPaused()) this.#socket.resume();
  }

  #breakStream(counter: string): void {
    this.#options.counters.add(counter);
    const socket = this.#socket;
    if (socket) socket.destroy();
    else this.#sendEndMarker();
  }

  #streamEnded(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#options.counters.add("n6Ended");
    this.#sendEndMarker();
  }

  /** The next uplink payload begins a new stream, and its numbers start anew. */
  #sendEndMarker(): void {
    this.#uplinkSequence = undefined;
    const tunnel = this.#downlink;
    if (!tunnel) return;
    this.#options.sender.push({ bytes: encodeEndMarker(tunnel.teid), host: tunnel.address, sent: () => undefined });
  }
}
