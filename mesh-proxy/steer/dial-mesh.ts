/** Opens a connection to another proxy: chooses an endpoint, tries the next one when it refuses, and says who is speaking. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import type { IsExcluded } from "../balance/endpoint-order.ts";
import { isThinnedOut } from "../balance/thinning.ts";
import { encodeProxyHeader, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { Direction, ProbeReach, SteeringTlvs } from "../codec/steering-tlvs.ts";
import type { TransitProof } from "../codec/transit-proof.ts";
import { guardOf } from "../guard/admit-request.ts";
import { barred, connectionLimit, limitReached, placeFor } from "../guard/dial-limits.ts";
import type { DialledPlace } from "../guard/dialled-place.ts";
import type { LimitReason, ServiceGuard } from "../guard/service-guard.ts";
import type { RequestProtocol } from "../meter/connection-meter.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { type DialResult, dial } from "../relay/dial.ts";
import type { Destination } from "../route/choose-destination.ts";
import type { Course, RouteTable } from "../route/route-table.ts";
import { type Acceptance, awaitAcceptance } from "./await-acceptance.ts";
import { endpointKey } from "./breakers.ts";
import { secureDialled } from "./secure-dialled.ts";

/** How a path's header travels: once in front of the connection, or on every request. */
export type SteeringMode = "connection" | "request";

export interface MeshDial {
  readonly table: RouteTable;
  /** @param isAsking only who it would be */
  readonly choose: (isExcluded: IsExcluded<WeightedEndpoint>, isAsking?: boolean) => Destination;
  /** The client as first seen. */
  readonly source: SocketEndpoint;
  readonly mode: SteeringMode;
  readonly protocol: AppProtocol;
  /** The connection is a probe of the path, and carries nothing of a flow. */
  readonly probe?: ProbeReach | undefined;
  /** By which functions the connection came, to be sent along on a path. */
  readonly proof?: TransitProof | undefined;
  readonly service?: { readonly namespace: string; readonly service: string } | undefined;
  /** Set for a tap's copy of one direction. */
  readonly copyOf?: Direction | undefined;
  /** Of the Service, for what goes straight to it. */
  readonly guard?: ServiceGuard | undefined;
  /** Whether an endpoint may get one more, as its Service has it. */
  readonly hasRoomAt?: ((key: string) => boolean) | undefined;
}

export type MeshDialResult = MeshConnection | MeshDialFailure;

export interface MeshDialFailure {
  readonly kind: "failed";
  readonly by: "no_endpoint" | "ttl_expired_ahead" | LimitReason;
  readonly reason: string;
}

export interface MeshConnection {
  readonly kind: "connected";
  readonly socket: ByteSocket;
  readonly endpoint: WeightedEndpoint;
  readonly protocol: AppProtocol;
  /** Whether a new flow from the same client would go elsewhere now. */
  readonly isReplaceable: () => boolean;
  /** From `connect` to connected. */
  readonly connectMs: number;
  /** From the header to the far side's word that it took the connection, and on a path with what lies behind it. */
  readonly answerMs: number;
  readonly guard: ServiceGuard | undefined;
  readonly place: DialledPlace | undefined;
  /** With which other endpoints its speed can be compared. */
  readonly group: string;
  readonly servicePath: ServicePathHeader | undefined;
  /** The source's report of the traffic on this connection. */
  readonly seriesFor: (protocol: RequestProtocol) => TrafficSeries;
}

export async function dialMesh(context: ProxyContext, request: MeshDial): Promise<MeshDialResult> {
  const limit = connectionLimit(request);
  if (limit !== undefined) return limit;
  const tried = new Set<string>();
  let failure = "";
  for (let attempt = 1; attempt <= context.config.connectAttemptsMax; attempt++) {
    const destination = chooseUntried(context, request, tried);
    if (destination.kind === "none") return limitReached(request, tried) ?? failed(failure || destination.reason);
    tried.add(endpointKey(destination.endpoint));
    const isLast = attempt === context.config.connectAttemptsMax || !hasOthers(request, tried);
    const outcome = await tryEndpoint(context, request, destination, isLast);
    if (outcome.kind === "connected") return outcome;
    failure = `${destination.endpoint.pod}: ${outcome.reason}`;
    passOver(context, destination.endpoint, outcome);
    if (outcome.kind === "refused" && outcome.fault === "expired") return failed(failure, "ttl_expired_ahead");
  }
  return failed(failure);
}

function failed(reason: string, by: MeshDialFailure["by"] = "no_endpoint"): MeshDialFailure {
  return { kind: "failed", by, reason };
}

type ChosenDestination = Exclude<Destination, { kind: "none" }>;
type Refused = Extract<Acceptance, { kind: "refused" }>;
type NotConnected = Extract<DialResult, { kind: "failed" }>;

function hasOthers(request: MeshDial, tried: ReadonlySet<string>): boolean {
  return request.choose(barred(request, tried), true).kind !== "none";
}

/** @param isLast no other endpoint can be tried: then one that is slow is waited for */
async function tryEndpoint(
  context: ProxyContext,
  request: MeshDial,
  destination: ChosenDestination,
  isLast: boolean,
): Promise<MeshConnection | NotConnected | Refused> {
  const { config, breakers, clock } = context;
  const { address, port } = destination.endpoint;
  breakers.began(destination.endpoint, clock.nowMs());
  const connectTimeoutMs = isLast ? config.connectTimeoutMs : Math.min(config.connectTimeoutMs, config.takenTimeoutMs);
  const deps = { ...dialDeps(context), connectTimeoutMs };
  const place = placeFor(request, destination.endpoint);
  const result = await dial({ host: address, port, localAddress: config.podAddress }, deps);
  if (result.kind === "failed") {
    place?.leave();
    return result;
  }
  const secured = await secureDialled(
    context,
    { table: request.table, endpoint: destination.endpoint, isLast },
    result,
  );
  if (secured.kind !== "connected") {
    place?.leave();
    return secured;
  }
  // Under TLS it is another socket than the one that was dialled.
  if (place !== undefined) secured.socket.socket.once("close", place.leave);
  return beTaken(context, request, { destination, isLast, place }, secured);
}

function passOver(context: ProxyContext, endpoint: WeightedEndpoint, outcome: NotConnected | Refused): void {
  const { own, breakers, watch, clock, log } = context;
  if (outcome.kind === "failed") own.connectFailureCount++;
  else own.refuseDial(outcome.fault === "own" ? "refused" : outcome.fault);
  if (outcome.kind === "failed" && outcome.wasSilent) watch.missed(endpoint);
  if (outcome.kind === "failed" || outcome.fault === "own") breakers.eject(endpoint, clock.nowMs());
  log.debug("endpoint did not take a connection", { endpoint: endpoint.pod, reason: outcome.reason });
}

interface Attempt {
  readonly destination: ChosenDestination;
  readonly isLast: boolean;
  readonly place: DialledPlace | undefined;
}

/** A connection counts as open when the far side says so: until then nothing of the flow is sent, and another may take it. */
async function beTaken(
  context: ProxyContext,
  request: MeshDial,
  { destination, isLast, place }: Attempt,
  { socket, connectMs }: Extract<DialResult, { kind: "connected" }>,
): Promise<MeshConnection | Refused> {
  countConnect(context, request, destination.endpoint, connectMs);
  const { clock, watch, breakers } = context;
  watch.add(destination.endpoint, socket);
  const startMs = clock.nowMs();
  const connection = introduce(context, request, destination, socket);
  const acceptance = await awaitAcceptance(socket, context, !isLast);
  socket.startCounting();
  if (acceptance.kind === "accepted") {
    const nowMs = clock.nowMs();
    // Of a connection that is steered by request only the proxy has said that it has it.
    if (request.mode === "connection" || destination.kind !== "path")
      breakers.tookConnection(destination.endpoint, nowMs);
    return { ...connection, place, connectMs, answerMs: nowMs - startMs };
  }
  socket.reset();
  return acceptance;
}

function countConnect(
  { connectTimes, clock }: ProxyContext,
  { table }: MeshDial,
  { pod }: WeightedEndpoint,
  connectMs: number,
): void {
  const peer = table.peerNamed(pod);
  if (peer !== undefined)
    connectTimes.observe({ source: table.self.node, destination: peer.node }, connectMs, clock.nowMs());
}

export function dialDeps({ clock, buffers, config }: ProxyContext) {
  return { clock, buffers, connectTimeoutMs: config.connectTimeoutMs };
}

/** When every endpoint has refused lately, one of those is better than none; when every one is slow, so is one of those. */
export function chooseUntried(context: ProxyContext, request: MeshDial, tried: ReadonlySet<string>): Destination {
  const { choose } = request;
  const nowMs = context.clock.nowMs();
  const isBarred = barred(request, tried);
  const isPassedOver = passedOver(context, request.guard, nowMs);
  const isOut = (endpoint: WeightedEndpoint) => isPassedOver(endpoint) || isBarred(endpoint);
  const first = choose((endpoint) => isOut(endpoint) || isTooSlow(context, request, endpoint, nowMs));
  if (first.kind !== "none") return first;
  const second = choose(isOut);
  return second.kind === "none" ? choose(isBarred) : second;
}

/** Whether it gets nothing new of the course for now, as one that has failed. */
export function isPassedOver(context: ProxyContext, course: Course, endpoint: WeightedEndpoint): boolean {
  return passedOver(context, guardOf(context, course), context.clock.nowMs())(endpoint);
}

/** `wished`, and another only where that one is excluded. */
export function preferring(choose: MeshDial["choose"], wished: ChosenDestination | undefined): MeshDial["choose"] {
  if (wished === undefined) return choose;
  return (isExcluded, isAsking) => (isExcluded(wished.endpoint) ? choose(isExcluded, isAsking) : wished);
}

/** Where too few are sound, nobody is passed over. */
function passedOver(
  { breakers, watch }: ProxyContext,
  guard: ServiceGuard | undefined,
  nowMs: number,
): IsExcluded<WeightedEndpoint> {
  const isBroken = (endpoint: WeightedEndpoint) => breakers.isEjected(endpoint, nowMs) || watch.isSilent(endpoint);
  if (guard === undefined) return isBroken;
  const isUnsound = (endpoint: WeightedEndpoint) => isBroken(endpoint) || guard.isOut(endpointKey(endpoint), nowMs);
  return guard.isPanicking((endpoint) => !isUnsound(endpoint)) ? () => false : isUnsound;
}

function isTooSlow(
  { responseTimes }: ProxyContext,
  { table, source }: MeshDial,
  endpoint: WeightedEndpoint,
  nowMs: number,
): boolean {
  if (responseTimes.isOff) return false;
  const key = endpointKey(endpoint);
  return isThinnedOut(responseTimes.partOf(groupOf(table, endpoint), key, nowMs), key, source);
}

/** Pods of one workload do the same at the same port. */
function groupOf(table: RouteTable, { pod, appPort }: WeightedEndpoint): string {
  return `${table.peerNamed(pod)?.workload ?? pod} ${appPort}`;
}

function introduce(
  context: ProxyContext,
  request: MeshDial,
  destination: ChosenDestination,
  socket: ByteSocket,
): Omit<MeshConnection, "place" | "connectMs" | "answerMs"> {
  const { table, source, service, protocol, copyOf, choose, guard } = request;
  const { endpoint } = destination;
  const peer = table.peerNamed(endpoint.pod);
  const servicePath = destination.kind === "path" ? destination.servicePath : undefined;
  const header = encodeProxyHeader({
    source,
    destination: { address: peer?.address ?? endpoint.address, port: endpoint.appPort },
    tlvs: steeringTlvs(servicePath, request),
  });
  socket.write(header, 0, header.length);
  // Copies are traffic between two pods, but none of the chain's demand.
  const isOnPath = destination.kind === "path" && copyOf === undefined;
  const path = isOnPath ? { chain: destination.chain, ...destination.servicePath } : undefined;
  const isMutualTls = socket.peer !== undefined;
  const ends = { source: table.self, destination: peer ?? table.self };
  const traffic = { reporter: "source", ...ends, isMutualTls, service, path } as const;
  const seriesFor = (protocol: RequestProtocol) => context.series.seriesFor(trafficLabels(traffic, protocol));
  const isReplaceable = () => choose(passedOver(context, guard, context.clock.nowMs()), true).kind !== "none";
  const group = groupOf(table, endpoint);
  return { kind: "connected", socket, endpoint, protocol, isReplaceable, guard, group, servicePath, seriesFor };
}

function steeringTlvs(
  servicePath: ServicePathHeader | undefined,
  { mode, probe, proof, copyOf }: MeshDial,
): SteeringTlvs {
  if (servicePath === undefined) return { wantsNotices: true };
  if (probe !== undefined) return { servicePath, wantsNotices: true, probe };
  if (copyOf !== undefined) return { servicePath, wantsNotices: true, copyOf };
  const proved = proof === undefined ? {} : { proof };
  if (mode === "request") return { perRequest: true, wantsNotices: true, ...proved };
  return { servicePath, wantsNotices: true, ...proved };
}
