/** Takes a connection on the mesh port: from peers only, with a PROXY header, to the application or through the function. */
import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { RouteTable } from "../route/route-table.ts";
import { carryConnection } from "./carry-connection.ts";
import { carryRequests } from "./carry-requests.ts";
import { type Preface, readPreface } from "./read-preface.ts";

export interface Inbound {
  readonly table: RouteTable;
  readonly peer: MeshPeer;
  readonly flow: AcceptedFlow;
  readonly socket: ByteSocket;
  readonly preface: Preface;
}

export async function acceptInbound(context: ProxyContext, socket: ByteSocket): Promise<void> {
  const { flows, own, log } = context;
  const address = socket.socket.remoteAddress ?? "";
  const refuse = (by: RefusalReason, reason: string) => {
    own.refuseConnection(by);
    log.debug("refused a connection on the mesh port", { by, reason, address });
    socket.reset();
  };
  const table = context.routes();
  if (context.isDraining()) return refuse("draining", "the proxy is draining");
  if (flows.isFull) return refuse("connection_limit", `there are ${flows.count} flows already`);
  if (table === undefined) return refuse("no_snapshot", "there is no snapshot yet");
  const peer = table.peerAt(address);
  if (peer === undefined) return refuse("not_a_peer", `${address} is no peer of the mesh`);
  const flow = new AcceptedFlow(`inbound from ${peer.pod}`, socket, flows);
  const preface = await readPreface(socket, context);
  if (preface.kind === "refused") return refuse(preface.by, preface.reason);
  if (isOwnPort(context, table, preface)) {
    return refuse("forbidden_port", `port ${preface.destination.port} is the proxy's own`);
  }
  socket.startCounting(preface.rest.to - preface.rest.from);
  const inbound = { table, peer, flow, socket, preface };
  try {
    if (preface.tlvs.perRequest === true) carryRequests(context, inbound);
    else await carryConnection(context, inbound, refuse);
  } catch (error) {
    log.error("a connection on the mesh port failed", { error: messageOf(error) });
    socket.reset();
  }
}

/** A header that names a port of the proxy itself would send the flow round in circles, or a peer to the admin port. */
function isOwnPort({ config }: ProxyContext, table: RouteTable, { destination, tlvs }: Preface): boolean {
  const isForApp = tlvs.servicePath === undefined || tlvs.servicePath.serviceIndex === 0;
  const { port } = destination;
  return isForApp && (port === config.meshPort || port === config.adminPort || table.upstreamAt(port) !== undefined);
}
