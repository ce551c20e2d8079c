/** Takes a connection of the pod's own application to an upstream. */
import { messageOf } from "../../core/model/weft-error.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { sourceFacts } from "../observe/flow-facts.ts";
import { watchRefusal } from "../observe/flow-watch.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { RouteTable, UpstreamRoute } from "../route/route-table.ts";
import { JoinedConnection } from "../steer/joined-connection.ts";
import { meterDialled } from "../steer/meter-connection.ts";
import { carryRequests } from "./carry-requests.ts";
import { carryStreams, isForStreams } from "./carry-streams.ts";
import { clientName } from "./client-name.ts";
import { classifierSeries, type Outbound, type OutboundPort, openLeg } from "./outbound.ts";
import { readServerName } from "./read-server-name.ts";

export async function acceptOutbound(context: ProxyContext, port: OutboundPort, socket: ByteSocket): Promise<void> {
  const { flows, own, log } = context;
  const refuse = (by: RefusalReason, reason: string) => {
    own.refuseConnection(by);
    log.debug("refused a connection to an upstream", { by, reason, at: port.name });
    watchRefusal(context.observer, facts, by, context.clock.nowMs());
    socket.reset();
  };
  const table = context.routes();
  const route = table && port.routeIn(table);
  const source = clientOf(context, socket);
  const facts = sourceFacts(table?.self, source, route?.upstream);
  if (context.isDraining()) return refuse("draining", "the proxy is draining");
  if (flows.isFull) return refuse("connection_limit", `there are ${flows.count} flows already`);
  if (table === undefined || route === undefined) return refuse("no_snapshot", `${port.name} has no upstream`);
  const { namespace, service } = route.upstream;
  const flow = new AcceptedFlow(`outbound to ${namespace}/${service}`, socket, flows);
  flow.source = source;
  try {
    const protocol = port.detect === undefined ? route.upstream.protocol : await port.detect(socket, route);
    const outbound = { context, port, socket, flow, source, protocol, facts };
    if (protocol === "http1") carryRequests(outbound);
    else if (await isForStreams(outbound, route)) carryStreams(outbound);
    else await carryConnection(outbound, { table, route }, refuse);
  } catch (error) {
    log.error("a connection to an upstream failed", { error: messageOf(error) });
    socket.reset();
  }
}

async function carryConnection(
  outbound: Outbound,
  { table, route }: { readonly table: RouteTable; readonly route: UpstreamRoute },
  refuse: (by: RefusalReason, reason: string) => void,
): Promise<void> {
  const { context, socket, flow, source, facts } = outbound;
  if (!takesConnection(context, route)) return refuse("rate_limit", "there is a rate limit");
  const said = route.classes.needsServerName ? await readServerName(socket, context) : undefined;
  const course = route.classes.forConnection({ address: source.address, serverName: said?.serverName })();
  if (course.refusal !== undefined) return refuse("no_endpoint", course.refusal.reason);
  const hop = classifierSeries(outbound, { table, course });
  if (hop !== undefined) hop.connectionCount++;
  const startMs = context.clock.nowMs();
  const result = await openLeg(outbound, { table, course }, "connection");
  if (result.kind === "failed") {
    hop?.fail(result.by);
    return refuse(result.by, result.reason);
  }
  hop?.connectionAnswerMs.observe(context.clock.nowMs() - startMs);
  const { leg } = result;
  if (leg.mesh === undefined || leg.group.isFailed || socket.isClosed) {
    leg.group.reset();
    socket.reset();
    return;
  }
  const meter = meterDialled(context, leg, { mesh: leg.mesh, hop, facts });
  // Before the end of the stream, which may have come meanwhile.
  if (said !== undefined) {
    leg.requestTap?.copy(said.bytes, 0, said.bytes.length);
    leg.request.write(said.bytes, 0, said.bytes.length);
  }
  flow.become(new JoinedConnection(context, { flow, downstream: socket, leg, meter, hop }));
  socket.resume();
}

/** Of HTTP that is balanced by request each request is counted instead. */
function takesConnection({ guards, clock }: ProxyContext, { upstream }: UpstreamRoute): boolean {
  const guard = guards.of(upstream);
  if (guard?.bucket?.take(clock.nowMs()) !== false) return true;
  guard.limit("rate_limit");
  return false;
}

/** As it is named further on. */
export function clientOf({ config: { podAddress } }: ProxyContext, { socket }: ByteSocket): SocketEndpoint {
  return { address: clientName(socket.remoteAddress ?? podAddress, podAddress), port: socket.remotePort ?? 0 };
}
