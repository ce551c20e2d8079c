/** Takes a connection of the pod's own application to an upstream. */
import type { AppProtocol } from "../../core/model/service.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import { guardOf, RequestAdmission } from "../guard/admit-request.ts";
import { openGuarded } from "../guard/open-guarded.ts";
import type { ServiceGuard } from "../guard/service-guard.ts";
import type { StreamRoute } from "../http2-gateway/http2-gateway.ts";
import type { Http2Upstreams } from "../http2-gateway/http2-upstreams.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import type { RouteSeries } from "../meter/route-series-table.ts";
import { sourceFacts } from "../observe/flow-facts.ts";
import { watchRefusal } from "../observe/flow-watch.ts";
import type { FlowFacts } from "../observe/observation.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { chooseDestination } from "../route/choose-destination.ts";
import { headOfFields } from "../route/match/head-of-fields.ts";
import type { RequestHead } from "../route/match/request-head.ts";
import type { ClassOf } from "../route/match/traffic-classes.ts";
import type { Course, RouteTable, UpstreamRoute } from "../route/route-table.ts";
import { endpointKey } from "../steer/breakers.ts";
import type { MeshDial, SteeringMode } from "../steer/dial-mesh.ts";
import { Http1Gateway } from "../steer/http1-gateway.ts";
import { JoinedConnection } from "../steer/joined-connection.ts";
import type { Leg } from "../steer/leg.ts";
import { meterDialled } from "../steer/meter-connection.ts";
import { openMeshLeg } from "../steer/open-leg.ts";
import type { RequestRoute } from "../steer/request-route.ts";
import { beginTransit } from "../steer/sign-transit.ts";
import { clientName } from "./client-name.ts";
import { readFirstWords } from "./read-first-words.ts";
import { readServerName } from "./read-server-name.ts";

interface Outbound {
  readonly context: ProxyContext;
  readonly port: OutboundPort;
  readonly socket: ByteSocket;
  readonly flow: AcceptedFlow;
  readonly source: SocketEndpoint;
  /** Declared, or found out. */
  readonly protocol: AppProtocol;
  readonly facts: FlowFacts;
}

export interface OutboundPort {
  /** As people are told of it, such as `port 15010`. */
  readonly name: string;
  /** Where it leads by the snapshot of the time. */
  readonly routeIn: (table: RouteTable) => UpstreamRoute | undefined;
  readonly http2: Http2Upstreams;
  /** Finds out what a connection speaks, where nobody declared it; it may take bytes off and put them back. */
  readonly detect?: ((socket: ByteSocket, route: UpstreamRoute) => Promise<AppProtocol>) | undefined;
}

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

/** Each request goes by the snapshot of its time, and by the class that it belongs to. */
function carryRequests(outbound: Outbound): void {
  const { context, socket, flow, port, source, facts } = outbound;
  // It may have been while it was looked at.
  if (socket.isClosed) return;
  let known: UpstreamRoute | undefined;
  let classOf: ClassOf<Course> | undefined;
  /** Between two snapshots every request of one class gets the same answer. */
  let answers = new Map<Course, RequestRoute>();
  /** One draw for each request, however often it is asked about. */
  let draw = { requestNumber: 0, uniform: 0 };
  const admission = new RequestAdmission(context);
  const route = (request: RequestHead, requestNumber: number) => {
    const table = context.routes();
    const current = table && port.routeIn(table);
    if (table === undefined || current === undefined) return noUpstream(port);
    if (current !== known || classOf === undefined) {
      known = current;
      classOf = current.classes.forConnection(source);
      answers = new Map();
    }
    const taken = classOf(request);
    if (taken.split !== undefined && draw.requestNumber !== requestNumber)
      draw = { requestNumber, uniform: context.random() };
    const course = taken.split?.(draw.uniform) ?? taken;
    if (course.refusal !== undefined) return { kind: "refused", ...course.refusal } as const;
    const limit = admission.limitOf(requestNumber, current.upstream, course);
    if (limit !== undefined) return { kind: "denied", reason: limit.reason, limit } as const;
    const answer = answers.get(course) ?? legRoute(outbound, { table, course });
    answers.set(course, answer);
    return answer;
  };
  const gateway = new Http1Gateway(context, {
    downstream: socket,
    facts,
    route,
    repeats: true,
    onClosed: () => flow.over(),
  });
  flow.become(gateway);
  socket.resume();
}

/** Where the client does speak HTTP/2. By connection nobody could tell what keys of requests ask. */
async function isForStreams(
  { context, socket, protocol }: Outbound,
  { upstream, classes }: UpstreamRoute,
): Promise<boolean> {
  if (protocol !== "h2c") return false;
  const isByConnection = context.config.http2Balancing === "connection";
  if (isByConnection && !classes.needsRequests && upstream.rules === undefined) return false;
  return (await readFirstWords(socket, context)) === "http2";
}

/** Each request goes by the snapshot of its time, and by the class that it belongs to. */
function carryStreams(outbound: Outbound): void {
  const { context, socket, flow, port, source, facts } = outbound;
  if (socket.isClosed) return;
  let known: UpstreamRoute | undefined;
  let classOf: ClassOf<Course> | undefined;
  const route = ({ texts }: HeaderFields, uniform: number): StreamRoute => {
    const table = context.routes();
    const current = table && port.routeIn(table);
    if (table === undefined || current === undefined) return noUpstream(port);
    const { protocol, isUndeclared } = current.upstream;
    if (protocol !== "h2c" && isUndeclared !== true) return { kind: "elsewhere" };
    if (current !== known || classOf === undefined) {
      known = current;
      classOf = current.classes.forConnection(source);
    }
    const taken = classOf(current.classes.needsRequests ? headOfFields(texts) : undefined);
    const course = taken.split?.(uniform) ?? taken;
    if (course.refusal !== undefined) return { kind: "refused", ...course.refusal };
    // A chain takes whole connections of what nobody declared.
    if (protocol !== "h2c" && course.path !== undefined) return { kind: "elsewhere" };
    const hop = classifierSeries(outbound, { table, course });
    const about = { table, asked: current.upstream, course, source, hop, route: routeSeries(outbound, course) };
    return { kind: "steered", steering: about };
  };
  const gateway = port.http2.gateway({ downstream: socket, facts, route, onClosed: () => flow.over() });
  flow.become(gateway);
  gateway.begin();
}

interface Routes {
  readonly table: RouteTable;
  readonly course: Course;
}

function legRoute(outbound: Outbound, routes: Routes): RequestRoute {
  const { course } = routes;
  const guard = guardOf(outbound.context, course);
  let fitting: Leg | undefined;
  return {
    kind: "leg",
    key: courseKey(course),
    fits: (leg) => {
      if (leg !== fitting && isStillListed(course, leg)) fitting = leg;
      return leg === fitting && leg.requests?.begin() !== false;
    },
    open: () => openGuarded(guard, () => open(outbound, routes, "request")),
    hop: classifierSeries(outbound, routes),
    route: routeSeries(outbound, course),
  };
}

/** Of an HTTPRoute's backend; a course is called by its route, and which of its backends it is. */
function routeSeries({ context }: Outbound, { route, upstream }: Course): RouteSeries | undefined {
  if (route === undefined) return undefined;
  const [name = route] = route.split(" ");
  const { namespace, service } = upstream;
  const labels = { weft_route: name, weft_backend: `${namespace}/${service}`, weft_pod: context.config.pod };
  return context.routeSeries.seriesFor(labels);
}

function courseKey({ path, blockedBy, route }: Course): string {
  if (blockedBy !== undefined) return `blocked by ${blockedBy}`;
  if (route !== undefined) return `route ${route}`;
  return path === undefined ? "direct" : `path ${path.path.spi}`;
}

function noUpstream({ name }: OutboundPort) {
  const reason = `${name} has no upstream now`;
  return { kind: "refused", statusCode: 503, code: "no-upstream", reason } as const;
}

/** A connection that is open stays where it is while its endpoint is there. */
function isStillListed(course: Course, { endpoint }: Leg): boolean {
  if (endpoint === undefined) return false;
  const key = endpointKey(endpoint);
  const endpoints = course.path?.path.next ?? course.upstream.endpoints;
  return endpoints.some((listed) => endpointKey(listed) === key);
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
  const result = await open(outbound, { table, course }, "connection");
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

/** Where the traffic of a chain is put on its path. */
function classifierSeries({ context }: Outbound, { table, course }: Routes): HopSeries | undefined {
  if (course.path === undefined) return undefined;
  const { chain, spi } = course.path.path;
  return context.hops.hopFor({ chain, spi, at: "classifier", function: "" }, table.self);
}

function open({ context, source, protocol }: Outbound, { table, course }: Routes, mode: SteeringMode) {
  const path = course.path?.path;
  const proof = path?.isProved === true ? beginTransit(path.spi) : undefined;
  const choose: MeshDial["choose"] = (isExcluded, isAsking) =>
    chooseDestination(course, { source, uniform: context.random(), isAsking }, isExcluded);
  const { upstream: service } = course;
  const guard = guardOf(context, course);
  const hasRoomAt = guard && roomAt(guard, mode);
  const dial = { table, source, mode, proof, service, protocol, choose, guard, hasRoomAt };
  return openMeshLeg(context, dial, course.path);
}

function roomAt({ occupancy }: ServiceGuard, mode: SteeringMode): (key: string) => boolean {
  if (mode === "connection") return (key) => occupancy.hasConnectionRoomAt(key);
  return (key) => occupancy.hasConnectionRoomAt(key) && occupancy.hasRequestRoomAt(key);
}

/** As it is named further on. */
export function clientOf({ config: { podAddress } }: ProxyContext, { socket }: ByteSocket): SocketEndpoint {
  return { address: clientName(socket.remoteAddress ?? podAddress, podAddress), port: socket.remotePort ?? 0 };
}
