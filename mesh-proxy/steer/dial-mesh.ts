/** Opens a connection to another proxy: chooses an endpoint, tries the next one when it refuses, and says who is speaking. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import type { IsExcluded } from "../balance/endpoint-order.ts";
import { isThinnedOut } from "../balance/thinning.ts";
import { encodeProxyHeader, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { Direction, ProbeReach, SteeringTlvs } from "../codec/steering-tlvs.ts";
import type { TransitProof } from "../codec/transit-proof.ts";
import type { RequestProtocol } from "../meter/connection-meter.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { type DialResult, dial } from "../relay/dial.ts";
import type { Destination } from "../route/choose-destination.ts";
import type { RouteTable } from "../route/route-table.ts";
import { type Acceptance, awaitAcceptance } from "./await-acceptance.ts";
import { endpointKey } from "./ejections.ts";

/** How a path's header travels: once in front of the connection, or on every request. */
export type SteeringMode = "connection" | "request";

export interface MeshDial {
  readonly table: RouteTable;
  readonly choose: (isExcluded: IsExcluded<WeightedEndpoint>) => Destination;
  /** The client as first seen. */
  readonly source: SocketEndpoint;
  readonly mode: SteeringMode;
  /** The connection is a probe of the path, and carries nothing of a flow. */
  readonly probe?: ProbeReach | undefined;
  /** By which functions the connection came, to be sent along on a path. */
  readonly proof?: TransitProof | undefined;
  readonly service?: { readonly namespace: string; readonly service: string } | undefined;
  /** Set for a tap's copy of one direction. */
  readonly copyOf?: Direction | undefined;
}

export type MeshDialResult = MeshConnection | MeshDialFailure;

export interface MeshDialFailure {
  readonly kind: "failed";
  readonly by: "no_endpoint" | "ttl_expired_ahead";
  readonly reason: string;
}

export interface MeshConnection {
  readonly kind: "connected";
  readonly socket: ByteSocket;
  readonly endpoint: WeightedEndpoint;
  /** From `connect` to connected. */
  readonly connectMs: number;
  /** From the header to the far side's word that it took the connection, and on a path with what lies behind it. */
  readonly answerMs: number;
  /** With which other endpoints its speed can be compared. */
  readonly group: string;
  readonly servicePath: ServicePathHeader | undefined;
  /** The source's report of the traffic on this connection. */
  readonly seriesFor: (protocol: RequestProtocol) => TrafficSeries;
}

export async function dialMesh(context: ProxyContext, request: MeshDial): Promise<MeshDialResult> {
  const { config, own, ejections, clock, log } = context;
  const tried = new Set<string>();
  let failure = "";
  for (let attempt = 0; attempt < config.connectAttemptsMax; attempt++) {
    const destination = chooseUntried(context, request, tried);
    if (destination.kind === "none") return failed(failure || destination.reason);
    const { endpoint } = destination;
    const { address, port } = endpoint;
    const result = await dial({ host: address, port, localAddress: config.podAddress }, dialDeps(context));
    const outcome =
      result.kind === "connected" ? await beTaken(context, request, { destination, tried }, result) : result;
    if (outcome.kind === "connected") return outcome;
    failure = `${endpoint.pod}: ${outcome.reason}`;
    if (outcome.kind === "failed") own.connectFailureCount++;
    else own.refuseDial(outcome.fault === "own" ? "refused" : outcome.fault);
    tried.add(endpointKey(endpoint));
    if (outcome.kind === "refused" && outcome.fault === "expired") return failed(failure, "ttl_expired_ahead");
    if (outcome.kind === "failed" || outcome.fault === "own") ejections.eject(endpoint, clock.nowMs());
    log.debug("endpoint did not take a connection", { endpoint: endpoint.pod, reason: outcome.reason });
  }
  return failed(failure);
}

function failed(reason: string, by: MeshDialFailure["by"] = "no_endpoint"): MeshDialFailure {
  return { kind: "failed", by, reason };
}

interface Attempt {
  readonly destination: Exclude<Destination, { kind: "none" }>;
  /** Keys of endpoints that refused this flow. */
  readonly tried: ReadonlySet<string>;
}

/** A connection counts as open when the far side says so: until then nothing of the flow is sent, and another may take it. */
async function beTaken(
  context: ProxyContext,
  request: MeshDial,
  { destination, tried }: Attempt,
  { socket, connectMs }: Extract<DialResult, { kind: "connected" }>,
): Promise<MeshConnection | Extract<Acceptance, { kind: "refused" }>> {
  countConnect(context, request, destination.endpoint, connectMs);
  const { clock } = context;
  const startMs = clock.nowMs();
  const connection = introduce(context, request, destination, socket);
  const own = endpointKey(destination.endpoint);
  const others = request.choose((endpoint) => endpointKey(endpoint) === own || tried.has(endpointKey(endpoint)));
  const acceptance = await awaitAcceptance(socket, context, others.kind !== "none");
  socket.startCounting();
  if (acceptance.kind === "accepted") return { ...connection, connectMs, answerMs: clock.nowMs() - startMs };
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
function chooseUntried(context: ProxyContext, request: MeshDial, tried: ReadonlySet<string>): Destination {
  const { ejections, clock } = context;
  const { choose } = request;
  const nowMs = clock.nowMs();
  const wasTried = (endpoint: WeightedEndpoint) => tried.size > 0 && tried.has(endpointKey(endpoint));
  const isOut = (endpoint: WeightedEndpoint) => ejections.isEjected(endpoint, nowMs) || wasTried(endpoint);
  const first = choose((endpoint) => isOut(endpoint) || isTooSlow(context, request, endpoint, nowMs));
  if (first.kind !== "none") return first;
  const second = choose(isOut);
  return second.kind === "none" ? choose(wasTried) : second;
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
  destination: Exclude<Destination, { kind: "none" }>,
  socket: ByteSocket,
): Omit<MeshConnection, "connectMs" | "answerMs"> {
  const { table, source, service, copyOf } = request;
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
  const traffic = { reporter: "source", source: table.self, destination: peer ?? table.self, service, path } as const;
  const seriesFor = (protocol: RequestProtocol) => context.series.seriesFor(trafficLabels(traffic, protocol));
  return { kind: "connected", socket, endpoint, group: groupOf(table, endpoint), servicePath, seriesFor };
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
