/** PFCP over UDP: requests are repeated until answered, repeated requests get the same answer again (clause 6.4). */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { addressText, type Endpoint } from "../config-fields.ts";
import { Counters } from "../counters.ts";
import { bindUdp, closeUdp, sendUdp } from "../udp.ts";
import type { Element } from "./information-element.ts";
import { decodePfcp, encodePfcp, isRequest, messageTypes, type PfcpMessage } from "./pfcp-message.ts";

export interface PfcpReply {
  readonly type: number;
  readonly seid?: bigint;
  readonly elements: readonly Element[];
}

export interface PfcpEndpointOptions extends Endpoint {
  /** Time to wait for a response before sending again (T1). */
  readonly retryMs: number;
  /** How often a request is sent (N1). */
  readonly attemptsMax: number;
  /** First sequence number; random, so that a restarted node is not taken for its past self. */
  readonly sequenceStart: number;
  /** Answers a request; undefined: no answer. */
  answer(message: PfcpMessage, peer: Endpoint): PfcpReply | undefined;
}

interface Pending {
  settle(response: PfcpMessage | undefined): void;
}

interface Answered {
  readonly request: Buffer;
  readonly response: Buffer;
}

const pendingMax = 4096;
const answeredMax = 4096;

export class PfcpEndpoint {
  readonly #options: PfcpEndpointOptions;
  readonly #socket: Socket;
  readonly #pending = new Map<string, Pending>();
  readonly #answered = new Map<string, Answered>();
  readonly counters = new Counters();
  #sequence: number;

  private constructor(options: PfcpEndpointOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    this.#sequence = options.sequenceStart & 0xffffff;
    socket.on("message", (datagram, from) => this.#receive(datagram, from));
    socket.on("error", () => this.counters.add("pfcpSocketErrors"));
  }

  /** Throws `listen-failed`. */
  static async open(options: PfcpEndpointOptions): Promise<PfcpEndpoint> {
    const socket = createSocket("udp4");
    await bindUdp(socket, options);
    return new PfcpEndpoint(options, socket);
  }

  get address(): string {
    const { address: host, port } = this.#socket.address();
    return addressText({ host, port });
  }

  /** The response, or undefined when the peer never answered or too much waits already. */
  request(peer: Endpoint, message: Omit<PfcpMessage, "sequence">): Promise<PfcpMessage | undefined> {
    if (this.#pending.size >= pendingMax) return Promise.resolve(undefined);
    this.#sequence = (this.#sequence + 1) & 0xffffff;
    const sequence = this.#sequence;
    const datagram = encodePfcp({ ...message, sequence });
    const key = keyOf(peer, sequence);
    this.counters.add("pfcpRequestsSent");
    return new Promise((resolve) => {
      const timer = this.#repeat(datagram, peer, () => this.#pending.get(key)?.settle(undefined));
      this.#pending.set(key, {
        settle: (response) => {
          clearInterval(timer);
          this.#pending.delete(key);
          resolve(response);
        },
      });
    });
  }

  async stop(): Promise<void> {
    for (const pending of this.#pending.values()) pending.settle(undefined);
    await closeUdp(this.#socket);
  }

  #repeat(datagram: Buffer, peer: Endpoint, giveUp: () => void): NodeJS.Timeout {
    let attempts = 1;
    this.#send(datagram, peer);
    return setInterval(() => {
      if (attempts >= this.#options.attemptsMax) {
        giveUp();
        return;
      }
      attempts += 1;
      this.counters.add("pfcpRetransmissions");
      this.#send(datagram, peer);
    }, this.#options.retryMs);
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const peer = { host: from.address, port: from.port };
    const decoded = decodePfcp(datagram);
    if (decoded.kind === "version") {
      const { sequence } = decoded;
      this.counters.add("pfcpVersionRefused");
      this.#send(encodePfcp({ type: messageTypes.versionNotSupportedResponse, sequence, elements: [] }), peer);
    } else if (decoded.kind === "malformed") {
      this.counters.add("pfcpMalformed");
    } else if (isRequest(decoded.message.type)) {
      this.#answerRequest(datagram, decoded.message, peer);
    } else {
      const pending = this.#pending.get(keyOf(peer, decoded.message.sequence));
      if (pending) pending.settle(decoded.message);
      else this.counters.add("pfcpUnexpected");
    }
  }

  #answerRequest(datagram: Buffer, message: PfcpMessage, peer: Endpoint): void {
    const key = keyOf(peer, message.sequence);
    const before = this.#answered.get(key);
    if (before?.request.equals(datagram)) {
      this.counters.add("pfcpRepeated");
      this.#send(before.response, peer);
      return;
    }
    this.counters.add("pfcpRequestsAnswered");
    const reply = this.#options.answer(message, peer);
    if (!reply) return;
    const response = encodePfcp({ ...reply, sequence: message.sequence });
    this.#remember(key, { request: datagram, response });
    this.#send(response, peer);
  }

  #remember(key: string, answered: Answered): void {
    this.#answered.delete(key);
    this.#answered.set(key, answered);
    if (this.#answered.size <= answeredMax) return;
    const [oldest] = this.#answered.keys();
    if (oldest !== undefined) this.#answered.delete(oldest);
  }

  #send(datagram: Buffer, peer: Endpoint): void {
    sendUdp(this.#socket, datagram, peer, () => this.counters.add("pfcpSendErrors"));
  }
}

function keyOf(peer: Endpoint, sequence: number): string {
  return `${peer.host} ${peer.port} ${sequence}`;
}
