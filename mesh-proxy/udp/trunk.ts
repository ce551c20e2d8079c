/** The way of an upstream's datagrams to one endpoint and back: a socket that is connected to that endpoint's proxy. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import { encodeProxyHeader, formatEndpoint, readProxyHeader, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import { watchFlow } from "../observe/flow-watch.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { headerByteCount } from "./header-byte-count.ts";
import { DATAGRAM_BYTES_MAX, openUdpSocket, type UdpSocket } from "./udp-socket.ts";

/** Datagrams that wait until the socket is open. */
const WAITING_MAX = 64;

export interface TrunkOptions {
  readonly endpoint: WeightedEndpoint;
  /** The endpoint pod's own address, which may be another than where it is dialled. */
  readonly podAddress: string;
  readonly series: TrafficSeries;
  readonly onAnswer: (answer: Buffer, to: ClientFlow) => void;
}

/** The datagrams of one client. */
export interface ClientFlow {
  readonly address: string;
  readonly port: number;
  /** Stands in front of each of them. */
  readonly header: Buffer;
  /** What stands in front of their answers. */
  readonly answerKey: string;
  /** As it is called further on. */
  readonly source: SocketEndpoint;
  readonly startMs: number;
  lastMs: number;
  sentBytes: number;
  answeredBytes: number;
}

export class Trunk {
  readonly endpoint: WeightedEndpoint;
  /** Nothing listened there when last tried. */
  isRefused = false;
  /** What its endpoint was last compared with. */
  checked: object | undefined;
  private readonly context: ProxyContext;
  private readonly options: TrunkOptions;
  private readonly byClient = new Map<string, ClientFlow>();
  private readonly byAnswer = new Map<string, ClientFlow>();
  private socket: UdpSocket | undefined;
  private waiting: (readonly [ClientFlow, Buffer])[] = [];
  private isOpening = false;
  /** Since it refused nothing has come from there. */
  private isOnTrial = false;
  /** Its endpoint has left the upstream, or the upstream the snapshot. */
  isGone = false;

  constructor(context: ProxyContext, options: TrunkOptions) {
    this.context = context;
    this.options = options;
    this.endpoint = options.endpoint;
  }

  get flowCount(): number {
    return this.byClient.size;
  }

  /** @param client the same as text; @param source as the client is to be called further on. Undefined when there is no room. */
  flowOf(client: string, { address, port }: SocketEndpoint, source: SocketEndpoint): ClientFlow | undefined {
    const known = this.byClient.get(client);
    if (known !== undefined) return known;
    if (this.byClient.size >= this.context.config.udpSessionsMax) return undefined;
    const destination = { address: this.options.podAddress, port: this.endpoint.appPort };
    const header = encodeProxyHeader({ source, destination, transport: "udp" });
    const answer = encodeProxyHeader({ source, destination, transport: "udp", tlvs: { direction: "response" } });
    const counts = { startMs: this.context.clock.nowMs(), lastMs: 0, sentBytes: 0, answeredBytes: 0 };
    const flow = { address, port, source, header, answerKey: answer.toString("latin1"), ...counts };
    this.byClient.set(client, flow);
    this.byAnswer.set(flow.answerKey, flow);
    this.options.series.openedCount++;
    return flow;
  }

  send(flow: ClientFlow, datagram: Buffer, nowMs: number): void {
    flow.lastMs = nowMs;
    if (flow.header.length + datagram.length > DATAGRAM_BYTES_MAX) this.context.datagrams.lose("too_large");
    else if (this.socket !== undefined) this.pass(this.socket, flow, datagram);
    else if (this.waiting.length >= WAITING_MAX) this.context.datagrams.lose("queue_full");
    else {
      this.waiting.push([flow, Buffer.from(datagram)]);
      if (!this.isOpening) void this.open();
    }
  }

  /** Forgets clients that have been silent since, and without any left sleeps until the next datagram. */
  expire(sinceMs: number): void {
    for (const [client, flow] of this.byClient) {
      if (flow.lastMs >= sinceMs) continue;
      this.byClient.delete(client);
      this.byAnswer.delete(flow.answerKey);
      this.options.series.closedCount++;
      this.watchEnd(flow);
    }
    if (this.byClient.size > 0) return;
    void this.socket?.close();
    this.socket = undefined;
  }

  async close(): Promise<void> {
    this.isGone = true;
    this.waiting = [];
    const { socket } = this;
    this.expire(Number.POSITIVE_INFINITY);
    await socket?.close();
  }

  private watchEnd({ source, startMs, sentBytes, answeredBytes }: ClientFlow): void {
    const { observer, clock } = this.context;
    const { labels } = this.options.series;
    const upstream = formatEndpoint(this.endpoint);
    const facts = { side: "source", client: source, labels: () => labels, upstream } as const;
    const bytes = { requestBytes: sentBytes, responseBytes: answeredBytes };
    watchFlow(observer, facts, { protocol: "UDP", startMs, endMs: clock.nowMs(), ...bytes });
  }

  private async open(): Promise<void> {
    const { config, datagrams, log } = this.context;
    const { address, port } = this.endpoint;
    this.isOpening = true;
    try {
      const socket = await openUdpSocket({
        // Peers are known by their addresses.
        host: config.podAddress,
        port: 0,
        to: { address, port },
        receiveBufferBytes: config.udpReceiveBufferBytes,
        counters: datagrams,
        turn: this.context.datagramTurn,
        onDatagram: (bytes) => this.answered(bytes),
        onRefused: () => this.refused(),
      });
      if (this.isGone) await socket.close();
      else this.opened(socket);
    } catch (error) {
      log.warn("cannot send UDP to an endpoint", { endpoint: this.endpoint.pod, error: messageOf(error) });
      for (const _ of this.waiting) datagrams.lose("send_failed");
      this.waiting = [];
      this.refused();
    } finally {
      this.isOpening = false;
    }
  }

  private opened(socket: UdpSocket): void {
    this.socket = socket;
    for (const [flow, datagram] of this.waiting) this.pass(socket, flow, datagram);
    this.waiting = [];
  }

  private pass(socket: UdpSocket, flow: ClientFlow, datagram: Buffer): void {
    flow.sentBytes += datagram.length;
    const { series } = this.options;
    series.received.bytes += datagram.length;
    series.receivedDatagramCount++;
    socket.send([flow.header, datagram]);
  }

  private answered(bytes: Buffer): void {
    const byteCount = headerByteCount(bytes);
    const flow = this.byAnswer.get(bytes.toString("latin1", 0, byteCount));
    if (flow === undefined) {
      this.answeredOtherwise(bytes);
      return;
    }
    const { series, onAnswer } = this.options;
    series.sent.bytes += bytes.length - byteCount;
    series.sentDatagramCount++;
    flow.answeredBytes += bytes.length - byteCount;
    flow.lastMs = this.context.clock.nowMs();
    if (this.isOnTrial) this.context.breakers.answered(this.endpoint, flow.lastMs);
    this.isOnTrial = false;
    this.isRefused = false;
    onAnswer(bytes.subarray(byteCount), flow);
  }

  private answeredOtherwise(bytes: Buffer): void {
    const read = readProxyHeader(bytes, 0, bytes.length, "udp");
    if (read.kind === "header" && read.tlvs.isRefused === true) this.refused();
    else this.context.datagrams.lose(read.kind === "header" ? "unknown_flow" : "malformed_header");
  }

  private refused(): void {
    const { datagrams, breakers, clock, log } = this.context;
    const nowMs = clock.nowMs();
    if (this.isRefused && breakers.isEjected(this.endpoint, nowMs)) return;
    this.isRefused = true;
    this.isOnTrial = true;
    datagrams.refusedEndpointCount++;
    breakers.eject(this.endpoint, nowMs);
    log.debug("endpoint does not take UDP", { endpoint: this.endpoint.pod });
  }
}
