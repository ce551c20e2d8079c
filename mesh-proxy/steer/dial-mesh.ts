/** Opens a connection to another proxy: chooses an endpoint, tries the next one when it refuses, and says who is speaking. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import type { IsExcluded } from "../balance/endpoint-order.ts";
import { encodeProxyHeader, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { SteeringTlvs } from "../codec/steering-tlvs.ts";
import type { RequestProtocol } from "../meter/connection-meter.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { dial } from "../relay/dial.ts";
import type { Destination } from "../route/choose-destination.ts";
import type { RouteTable } from "../route/route-table.ts";
import { endpointKey } from "./ejections.ts";

/** How a path's header travels: once in front of the connection, or on every request. */
export type SteeringMode = "connection" | "request";

export interface MeshDial {
  readonly table: RouteTable;
  readonly choose: (isExcluded: IsExcluded<WeightedEndpoint>) => Destination;
  /** The client as first seen. */
  readonly source: SocketEndpoint;
  readonly mode: SteeringMode;
  readonly service?: { readonly namespace: string; readonly service: string } | undefined;
}

export type MeshDialResult = MeshConnection | { readonly kind: "failed"; readonly reason: string };

export interface MeshConnection {
  readonly kind: "connected";
  readonly socket: ByteSocket;
  readonly endpoint: WeightedEndpoint;
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
    if (destination.kind === "none") return { kind: "failed", reason: failure || destination.reason };
    const { endpoint } = destination;
    const { address, port } = endpoint;
    const result = await dial({ host: address, port, localAddress: config.podAddress }, dialDeps(context));
    if (result.kind === "connected") {
      countConnect(context, request, endpoint, result.connectMs);
      return introduce(context, request, destination, result.socket);
    }
    failure = `${endpoint.pod}: ${result.reason}`;
    own.connectFailureCount++;
    tried.add(endpointKey(endpoint));
    ejections.eject(endpoint, clock.nowMs());
    log.debug("endpoint did not answer", { endpoint: endpoint.pod, reason: result.reason });
  }
  return { kind: "failed", reason: failure };
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

/** When every endpoint has refused lately, one of those is better than none. */
function chooseUntried(
  { ejections, clock }: ProxyContext,
  { choose }: MeshDial,
  tried: ReadonlySet<string>,
): Destination {
  const nowMs = clock.nowMs();
  const wasTried = (endpoint: WeightedEndpoint) => tried.size > 0 && tried.has(endpointKey(endpoint));
  const first = choose((endpoint) => ejections.isEjected(endpoint, nowMs) || wasTried(endpoint));
  return first.kind === "none" ? choose(wasTried) : first;
}

function introduce(
  context: ProxyContext,
  { table, source, mode, service }: MeshDial,
  destination: Exclude<Destination, { kind: "none" }>,
  socket: ByteSocket,
): MeshConnection {
  const { endpoint } = destination;
  const peer = table.peerNamed(endpoint.pod);
  const servicePath = destination.kind === "path" ? destination.servicePath : undefined;
  const header = encodeProxyHeader({
    source,
    destination: { address: peer?.address ?? endpoint.address, port: endpoint.appPort },
    tlvs: steeringTlvs(servicePath, mode),
  });
  socket.write(header, 0, header.length);
  socket.startCounting();
  const path = destination.kind === "path" ? { chain: destination.chain, ...destination.servicePath } : undefined;
  const traffic = { reporter: "source", source: table.self, destination: peer ?? table.self, service, path } as const;
  const seriesFor = (protocol: RequestProtocol) => context.series.seriesFor(trafficLabels(traffic, protocol));
  return { kind: "connected", socket, endpoint, servicePath, seriesFor };
}

function steeringTlvs(servicePath: ServicePathHeader | undefined, mode: SteeringMode): SteeringTlvs {
  if (servicePath === undefined) return {};
  return mode === "connection" ? { servicePath } : { perRequest: true };
}
