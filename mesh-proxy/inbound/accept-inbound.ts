/** Takes a connection on the mesh port: from peers only, with a PROXY header, to the application or through the function. */
import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import { NOTICE, type Notice } from "../codec/notice.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { destinationFacts } from "../observe/flow-facts.ts";
import { watchRefusal } from "../observe/flow-watch.ts";
import type { FlowFacts } from "../observe/observation.ts";
import { answerProbe } from "../probe/answer-probe.ts";
import { isProxyPort } from "../proxy-config.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { RouteTable } from "../route/route-table.ts";
import { sendNotice } from "../steer/await-acceptance.ts";
import type { Preface } from "../steer/read-preface.ts";
import { accessRefusal, authorizedPort, refusalNotice } from "./authorize.ts";
import { carryConnection } from "./carry-connection.ts";
import { carryCopy } from "./carry-copy.ts";
import { carryJudgedRequests } from "./carry-judged-requests.ts";
import { carryRequests } from "./carry-requests.ts";
import { openPreface } from "./open-preface.ts";
import { transportRefusal } from "./transport-refusal.ts";

export interface Inbound {
  readonly table: RouteTable;
  readonly peer: MeshPeer;
  readonly flow: AcceptedFlow;
  readonly socket: ByteSocket;
  readonly preface: Preface;
  /** Where the application listens for it; `appHost` of the configuration unless told. */
  readonly appHost?: string | undefined;
  readonly facts: FlowFacts;
}

export async function acceptInbound(context: ProxyContext, accepted: ByteSocket): Promise<void> {
  const { flows, own, log } = context;
  let socket = accepted;
  const address = socket.socket.remoteAddress ?? "";
  let facts: FlowFacts | undefined;
  const refuse = (by: RefusalReason, reason: string, notice?: Notice) => {
    own.refuseConnection(by);
    log.debug("refused a connection on the mesh port", { by, reason, address });
    watchRefusal(context.observer, facts ?? strangersFacts(context, address), by, context.clock.nowMs());
    if (notice === undefined) socket.reset();
    else partWith(context, socket, notice);
  };
  const table = context.routes();
  if (context.isDraining()) return refuse("draining", "the proxy is draining");
  if (flows.isFull) return refuse("connection_limit", `there are ${flows.count} flows already`);
  if (table === undefined) return refuse("no_snapshot", "there is no snapshot yet");
  const peer = table.peerAt(address);
  if (peer === undefined) return refuse("not_a_peer", `${address} is no peer of the mesh`);
  const flow = new AcceptedFlow(`inbound from ${peer.pod}`, socket, flows);
  const opened = await openPreface(context, { flow, socket, peer });
  socket = opened.socket;
  const preface = opened.result;
  if (preface.kind === "refused") return refuse(preface.by, preface.reason);
  if (preface.kind === "knock") return socket.reset();
  flow.source = preface.source;
  facts = destinationFacts({ self: table.self, peer, client: preface.source, identity: socket.peer?.id });
  if (isOwnPort(context, table, preface)) {
    return refuse("forbidden_port", `port ${preface.destination.port} is the proxy's own`);
  }
  const port = authorizedPort(table, preface, preface.tlvs.servicePath);
  const unwanted = transportRefusal(context, table, { port, isSecured: socket.peer !== undefined });
  if (unwanted !== undefined) return refuse(unwanted.by, unwanted.reason, refusalNotice(preface));
  const judgesRequests = isJudgedByRequest(table, preface);
  const denied = judgesRequests ? undefined : accessRefusal(context, { table, socket, port, facts });
  if (denied !== undefined) return refuse("access_denied", denied, refusalNotice(preface));
  const isLimited = isForApp(preface) && !context.portLimits.takesConnection(preface.destination.port);
  if (isLimited) return refuse("rate_limit", "there is a rate limit", refusalNotice(preface));
  const { wantsNotices, perRequest, copyOf } = preface.tlvs;
  if (wantsNotices === true) sendNotice(socket, perRequest === true ? NOTICE.accepted : NOTICE.taken);
  socket.startCounting(preface.rest.to - preface.rest.from);
  const inbound = { table, peer, flow, socket, preface, facts };
  try {
    if (preface.tlvs.probe !== undefined) await answerProbe(context, inbound);
    else if (copyOf !== undefined) await carryCopy(context, inbound, refuse);
    else if (perRequest === true) carryRequests(context, inbound);
    else if (judgesRequests || countsRequests(context, preface)) await carryJudgedRequests(context, inbound, refuse);
    else await carryConnection(context, inbound, refuse);
  } catch (error) {
    log.error("a connection on the mesh port failed", { error: messageOf(error) });
    socket.reset();
  }
}

/** Of a connection that has not said whose it is. */
function strangersFacts({ routes }: ProxyContext, address: string): FlowFacts {
  const table = routes();
  const client = address === "" ? undefined : { address, port: 0 };
  return destinationFacts({ self: table?.self, peer: table?.peerAt(address), client, identity: undefined });
}

/** Leaves the other side time to read why. */
function partWith({ clock, config }: ProxyContext, socket: ByteSocket, notice: Notice): void {
  sendNotice(socket, notice);
  socket.end();
  const cancel = clock.after(config.connectTimeoutMs, () => socket.reset());
  const { onClosed } = socket;
  socket.onBytes = () => true;
  socket.onClosed = (error) => {
    cancel();
    onClosed(error);
  };
  socket.resume();
}

/** Probes that ask proxies only touch nothing that policies are about. */
function isJudgedByRequest({ access }: RouteTable, { destination, tlvs }: Preface): boolean {
  if (tlvs.probe === "proxies" || tlvs.perRequest === true) return true;
  const isOffPaths = tlvs.servicePath === undefined && tlvs.probe === undefined && tlvs.copyOf === undefined;
  return isOffPaths && access.judgesRequests(destination.port);
}

/** Of an HTTP/1.1 port each request, and off paths only: a chain's own go by the gateway that chains use. */
function countsRequests({ portLimits }: ProxyContext, { destination, tlvs }: Preface): boolean {
  return tlvs.servicePath === undefined && portLimits.countsRequests(destination.port);
}

/** Neither through a function, nor a probe or a copy. */
function isForApp({ tlvs }: Preface): boolean {
  const isAtEnd = tlvs.servicePath === undefined || tlvs.servicePath.serviceIndex === 0;
  return isAtEnd && tlvs.probe === undefined && tlvs.copyOf === undefined && tlvs.perRequest !== true;
}

/** A header that names a port of the proxy itself would send the flow round in circles, or a peer to the admin port. */
function isOwnPort({ config }: ProxyContext, table: RouteTable, { destination, tlvs }: Preface): boolean {
  const isAtEnd = tlvs.servicePath === undefined || tlvs.servicePath.serviceIndex === 0;
  const { port } = destination;
  const isOwn = port === config.onwardPort || isProxyPort(config, port);
  return isAtEnd && (isOwn || table.upstreamAt(port) !== undefined);
}
