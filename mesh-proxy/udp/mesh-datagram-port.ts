/** Takes datagrams on the mesh port: from peers only, each behind a PROXY header, to the application. */
import { readProxyHeader } from "../codec/proxy-protocol.ts";
import type { DatagramLoss } from "../meter/datagram-counters.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { AppFlow } from "./app-flow.ts";
import { headerByteCount } from "./header-byte-count.ts";
import type { Destination } from "./quick-sender.ts";
import { openUdpSocket, type UdpSocket } from "./udp-socket.ts";

export class MeshDatagramPort {
  private readonly context: ProxyContext;
  private readonly flows = new Map<string, AppFlow>();
  private socket: UdpSocket | undefined;

  constructor(context: ProxyContext) {
    this.context = context;
  }

  /** @throws WeftError listen-failed */
  async open(port: number): Promise<void> {
    const { config, datagrams } = this.context;
    this.socket = await openUdpSocket({
      host: config.podAddress,
      port,
      receiveBufferBytes: config.udpReceiveBufferBytes,
      counters: datagrams,
      turn: this.context.datagramTurn,
      onDatagram: (bytes, from) => this.take(bytes, from),
    });
  }

  /** Drops flows without a datagram since then, either way. @returns names of the others */
  expire(sinceMs: number): readonly string[] {
    for (const [key, flow] of this.flows) if (flow.lastMs < sinceMs) this.drop(key, flow);
    return Array.from(this.flows.values(), ({ name }) => name);
  }

  async close(): Promise<void> {
    const flows = [...this.flows.values()];
    this.flows.clear();
    await Promise.all([this.socket?.close(), ...flows.map((flow) => flow.close())]);
  }

  private take(bytes: Buffer, { address, port }: Destination): void {
    const byteCount = headerByteCount(bytes);
    if (byteCount === 0) {
      this.lose("malformed_header", address);
      return;
    }
    // Who else sends the same header has a flow of its own.
    const key = `${address} ${bytes.toString("latin1", 0, byteCount)}`;
    const flow = this.knownFlow(key, address) ?? this.begin(key, bytes, address);
    if (flow === undefined) return;
    flow.peerPort = port;
    flow.lastMs = this.context.clock.nowMs();
    flow.send(bytes.subarray(byteCount));
  }

  /** An address may become another pod's, or nobody's. */
  private knownFlow(key: string, address: string): AppFlow | undefined {
    const flow = this.flows.get(key);
    const table = this.context.routes();
    if (flow === undefined || flow.checked === table) return flow;
    if (table?.peerAt(address)?.pod !== flow.peer.pod) {
      this.drop(key, flow);
      return undefined;
    }
    flow.checked = table;
    return flow;
  }

  private begin(key: string, bytes: Buffer, address: string): AppFlow | undefined {
    const { context } = this;
    const table = context.routes();
    if (table === undefined) return this.lose("no_snapshot", address);
    const peer = table.peerAt(address);
    if (peer === undefined) return this.lose("not_a_peer", address);
    const read = readProxyHeader(bytes, 0, bytes.length, "udp");
    if (read.kind !== "header" || read.source === undefined || read.destination === undefined)
      return this.lose("malformed_header", address);
    const { source, destination, tlvs } = read;
    if (tlvs.servicePath !== undefined) return this.lose("unknown_path", address);
    if (tlvs.direction !== undefined) return this.lose("unknown_flow", address);
    if (destination.port === this.socket?.port || table.upstreamAt(destination.port) !== undefined)
      return this.lose("forbidden_port", address);
    if (context.isDraining()) return this.lose("draining", address);
    if (this.flows.size >= context.config.udpSessionsMax) return this.lose("session_limit", address);
    const labels = trafficLabels({ reporter: "destination", source: peer, destination: table.self }, "udp");
    const series = context.series.seriesFor(labels);
    const sendBack = (pieces: readonly Buffer[], port: number) => this.socket?.sendTo(pieces, { port, address });
    const onFailed = () => this.drop(key, flow);
    const flow: AppFlow = new AppFlow(context, { peer, source, destination, series, sendBack, onFailed });
    flow.checked = table;
    this.flows.set(key, flow);
    return flow;
  }

  private lose(reason: DatagramLoss, address: string): undefined {
    this.context.datagrams.lose(reason);
    this.context.log.debug("refused a datagram on the mesh port", { reason, address });
  }

  private drop(key: string, flow: AppFlow): void {
    if (this.flows.get(key) === flow) this.flows.delete(key);
    void flow.close();
  }
}
