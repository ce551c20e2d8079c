/** Carries intercepted connections to where the application meant them to go, as they come. */
import { canonicalIpAddress } from "../../core/model/ip-address.ts";
import { formatEndpoint, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { RequestProtocol } from "../meter/connection-meter.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import { clientName } from "../outbound/client-name.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { dial } from "../relay/dial.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import type { RouteTable } from "../route/route-table.ts";
import { dialDeps } from "../steer/dial-mesh.ts";
import { JoinedConnection } from "../steer/joined-connection.ts";
import { meterConnection } from "../steer/meter-connection.ts";
import { unknownPeer } from "./unknown-peer.ts";

interface Passing {
  readonly table: RouteTable;
  readonly socket: ByteSocket;
  readonly destination: SocketEndpoint;
}

type Refuse = (by: RefusalReason, reason: string) => void;

export class PassThrough {
  private readonly context: ProxyContext;
  /** Connections that this proxy has open, each as the one who accepts it sees it. */
  private readonly dialled = new Set<string>();
  private hasWarned = false;

  constructor(context: ProxyContext) {
    this.context = context;
  }

  /** Counts it as the source of traffic to a destination that is unknown, unless it is a pod of the mesh. */
  async carry({ table, socket, destination }: Passing, refuse: Refuse): Promise<void> {
    const { context } = this;
    const { flows, config } = context;
    const name = formatEndpoint(destination);
    if (context.isDraining()) return refuse("draining", "the proxy is draining");
    if (flows.isFull) return refuse("connection_limit", `there are ${flows.count} flows already`);
    const flow = new AcceptedFlow(`outbound past the mesh to ${name}`, socket, flows);
    const [address, port] = [canonicalIpAddress(socket.socket.remoteAddress ?? ""), socket.socket.remotePort ?? 0];
    flow.source = { address: clientName(address, config.podAddress), port };
    const deps = { ...dialDeps(context), connectTimeoutMs: config.acceptTimeoutMs };
    const result = await dial({ host: destination.address, port: destination.port }, deps);
    if (result.kind === "failed") {
      context.own.connectFailureCount++;
      return refuse("unreachable_destination", `${name}: ${result.reason}`);
    }
    const leg = this.legOf(result.socket, destination);
    if (this.dialled.has(keyOf({ address, port }, destination))) {
      leg.group.reset();
      this.warnOfCircle();
      return refuse("not_intercepted", "it is the proxy's own");
    }
    if (leg.group.isFailed || socket.isClosed) {
      leg.group.reset();
      socket.reset();
      return;
    }
    const ends = { source: table.self, destination: table.peerAt(destination.address) ?? unknownPeer };
    const seriesFor = (protocol: RequestProtocol) =>
      context.series.seriesFor(trafficLabels({ reporter: "source", ...ends }, protocol));
    const meter = meterConnection(context, leg.request, { isDialled: true, seriesFor });
    flow.become(new JoinedConnection(context, { flow, downstream: socket, leg, meter }));
    socket.resume();
  }

  private legOf(socket: ByteSocket, destination: SocketEndpoint) {
    const { localAddress = "", localPort = 0 } = socket.socket;
    const key = keyOf({ address: localAddress, port: localPort }, destination);
    this.dialled.add(key);
    const group = new SocketGroup();
    group.add(socket);
    group.follow({ flowOver: () => this.dialled.delete(key) });
    return { request: socket, response: socket, group };
  }

  /** Every round dials the next: at the second this one is known, so a mistake costs two connections. */
  private warnOfCircle(): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    const uid = process.getuid?.();
    this.context.log.error("the proxy's own connections are intercepted: weft intercept must be told its user", {
      uid,
    });
  }
}

function keyOf({ address, port }: SocketEndpoint, destination: SocketEndpoint): string {
  return `${address} ${port} ${formatEndpoint(destination)}`;
}
