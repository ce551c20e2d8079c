/** The datagrams of one client at the pod's application: a socket of their own, so that answers find their way back. */
import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import { encodeProxyHeader, formatEndpoint, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import { watchFlow } from "../observe/flow-watch.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { RouteTable } from "../route/route-table.ts";
import { DATAGRAM_BYTES_MAX, openUdpSocket, type UdpSocket } from "./udp-socket.ts";

/** Datagrams that wait until the socket is open. */
const WAITING_MAX = 64;

export interface AppFlowOptions {
  readonly peer: MeshPeer;
  readonly source: SocketEndpoint;
  readonly destination: SocketEndpoint;
  readonly series: TrafficSeries;
  /** To the proxy that the flow comes from. */
  readonly sendBack: (pieces: readonly Buffer[], port: number) => void;
  /** The socket cannot be had. */
  readonly onFailed: () => void;
}

export class AppFlow {
  readonly peer: MeshPeer;
  /** Of which snapshot its peer is. */
  checked: RouteTable | undefined;
  /** Of the peer's proxy, from which the newest datagram came. */
  peerPort = 0;
  lastMs = 0;
  private readonly context: ProxyContext;
  private readonly options: AppFlowOptions;
  private readonly answerHeader: Buffer;
  private socket: UdpSocket | undefined;
  private waiting: Buffer[] = [];
  private isClosed = false;
  private readonly startMs: number;
  private receivedBytes = 0;
  private sentBytes = 0;

  constructor(context: ProxyContext, options: AppFlowOptions) {
    this.context = context;
    this.options = options;
    this.peer = options.peer;
    this.startMs = context.clock.nowMs();
    this.answerHeader = this.header({ direction: "response" });
    options.series.openedCount++;
    void this.open();
  }

  get name(): string {
    const { source, destination, peer } = this.options;
    return `udp from ${source.address}:${source.port} of ${peer.pod} to port ${destination.port}`;
  }

  send(datagram: Buffer): void {
    const { series } = this.options;
    if (this.socket === undefined && this.waiting.length >= WAITING_MAX) {
      this.context.datagrams.lose("queue_full");
      return;
    }
    series.received.bytes += datagram.length;
    series.receivedDatagramCount++;
    this.receivedBytes += datagram.length;
    if (this.socket === undefined) this.waiting.push(Buffer.from(datagram));
    else this.socket.send([datagram]);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.options.series.closedCount++;
    this.watchEnd();
    this.waiting = [];
    await this.socket?.close();
  }

  private watchEnd(): void {
    const { observer, clock, config } = this.context;
    const { source, destination, series } = this.options;
    const { labels } = series;
    const upstream = formatEndpoint({ address: config.appHost, port: destination.port });
    const facts = { side: "destination", client: source, labels: () => labels, upstream } as const;
    const bytes = { requestBytes: this.receivedBytes, responseBytes: this.sentBytes };
    watchFlow(observer, facts, { protocol: "UDP", startMs: this.startMs, endMs: clock.nowMs(), ...bytes });
  }

  private async open(): Promise<void> {
    const { config, datagrams, log } = this.context;
    try {
      const socket = await openUdpSocket({
        host: config.appHost.includes(":") ? "::" : "0.0.0.0",
        port: 0,
        to: { address: config.appHost, port: this.options.destination.port },
        receiveBufferBytes: config.udpReceiveBufferBytes,
        counters: datagrams,
        turn: this.context.datagramTurn,
        onDatagram: (bytes) => this.answer(bytes),
        onRefused: () => this.refuse(),
      });
      if (this.isClosed) return await socket.close();
      this.socket = socket;
      for (const datagram of this.waiting) socket.send([datagram]);
      this.waiting = [];
    } catch (error) {
      log.warn("cannot send UDP to the application", { error: messageOf(error) });
      for (const _ of this.waiting) datagrams.lose("send_failed");
      this.options.onFailed();
    }
  }

  private answer(bytes: Buffer): void {
    const { series, sendBack } = this.options;
    if (this.answerHeader.length + bytes.length > DATAGRAM_BYTES_MAX) {
      this.context.datagrams.lose("too_large");
      return;
    }
    series.sent.bytes += bytes.length;
    series.sentDatagramCount++;
    this.sentBytes += bytes.length;
    this.lastMs = this.context.clock.nowMs();
    sendBack([this.answerHeader, bytes], this.peerPort);
  }

  /** One for each datagram that was refused, so that nobody can make it more. */
  private refuse(): void {
    this.options.sendBack([this.header({ direction: "response", isRefused: true })], this.peerPort);
  }

  private header(tlvs: { readonly direction: "response"; readonly isRefused?: boolean }): Buffer {
    const { source, destination } = this.options;
    return encodeProxyHeader({ source, destination, transport: "udp", tlvs });
  }
}
