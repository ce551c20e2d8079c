/** Carries intercepted connections to where the application meant them to go, as they come. */
import { formatEndpoint, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { RequestProtocol } from "../meter/connection-meter.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { trafficLabels, unknownPeer } from "../meter/traffic-labels.ts";
import type { FlowFacts } from "../observe/observation.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { type DialResult, dial } from "../relay/dial.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import type { RouteTable } from "../route/route-table.ts";
import { dialDeps } from "../steer/dial-mesh.ts";
import { JoinedConnection } from "../steer/joined-connection.ts";
import { meterConnection } from "../steer/meter-connection.ts";

interface Passing {
  readonly table: RouteTable;
  readonly socket: ByteSocket;
  readonly destination: SocketEndpoint;
  readonly facts: FlowFacts;
}

type Refuse = (by: RefusalReason, reason: string) => void;

export class PassThrough {
  private readonly context: ProxyContext;
  /** Connections that this proxy dials or has open, as whoever accepts them is told of them. */
  private readonly dialled = new Set<string>();
  private hasWarned = false;

  constructor(context: ProxyContext) {
    this.context = context;
  }

  /** Counts it as the source of traffic to a destination that is unknown, unless it is a pod of the mesh. */
  async carry(passing: Passing, refuse: Refuse): Promise<void> {
    const { context } = this;
    const { flows, own } = context;
    const { socket, destination, facts } = passing;
    const name = formatEndpoint(destination);
    if (context.isDraining()) return refuse("draining", "the proxy is draining");
    if (flows.isFull) return refuse("connection_limit", `there are ${flows.count} flows already`);
    if (this.isOwn(socket, destination)) return refuse("not_intercepted", "it is the proxy's own");
    const flow = new AcceptedFlow(`outbound past the mesh to ${name}`, socket, flows);
    flow.source = facts.client;
    const result = await this.dial(destination);
    if (result.kind === "failed") {
      own.connectFailureCount++;
      return refuse("unreachable_destination", `${name}: ${result.reason}`);
    }
    this.join(passing, flow, result.socket);
  }

  private join({ table, socket, destination, facts }: Passing, flow: AcceptedFlow, dialled: ByteSocket): void {
    const { context } = this;
    const group = new SocketGroup();
    group.add(dialled);
    if (group.isFailed || socket.isClosed) {
      group.reset();
      socket.reset();
      return;
    }
    const leg = { request: dialled, response: dialled, group };
    const ends = { source: table.self, destination: table.peerAt(destination.address) ?? unknownPeer };
    const seriesFor = (protocol: RequestProtocol) =>
      context.series.seriesFor(trafficLabels({ reporter: "source", ...ends }, protocol));
    const meter = meterConnection(context, dialled, { isDialled: true, seriesFor, facts });
    flow.become(new JoinedConnection(context, { flow, downstream: socket, leg, meter }));
    socket.resume();
  }

  /** Far away, a first SYN that is lost costs a second, and a second one two more. */
  private dial(destination: SocketEndpoint): Promise<DialResult> {
    const { context, dialled } = this;
    const onDialled = ({ socket }: ByteSocket) => {
      if (socket.destroyed) return;
      const { localAddress = "", localPort = 0 } = socket;
      const key = keyOf({ address: localAddress, port: localPort }, destination);
      dialled.add(key);
      socket.once("close", () => dialled.delete(key));
    };
    const deps = { ...dialDeps(context), connectTimeoutMs: context.config.acceptTimeoutMs };
    return dial({ host: destination.address, port: destination.port, onDialled }, deps);
  }

  /** Where the rules do not leave the proxy alone, each connection that it dials comes back to it. */
  private isOwn({ socket: { remoteAddress = "", remotePort = 0 } }: ByteSocket, destination: SocketEndpoint): boolean {
    const isOwn = this.dialled.has(keyOf({ address: remoteAddress, port: remotePort }, destination));
    if (isOwn && !this.hasWarned) this.warn();
    return isOwn;
  }

  private warn(): void {
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
