/** A connection of the pod's own application to an upstream, and the legs that carry it on. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import { guardOf } from "../guard/admit-request.ts";
import type { ServiceGuard } from "../guard/service-guard.ts";
import type { Http2Upstreams } from "../http2-gateway/http2-upstreams.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { RouteSeries } from "../meter/route-series-table.ts";
import type { FlowFacts } from "../observe/observation.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { chooseDestination } from "../route/choose-destination.ts";
import type { Course, RouteTable, UpstreamRoute } from "../route/route-table.ts";
import { endpointKey } from "../steer/breakers.ts";
import { type MeshDial, preferring, type SteeringMode } from "../steer/dial-mesh.ts";
import type { LegResult } from "../steer/leg.ts";
import { openMeshLeg } from "../steer/open-leg.ts";
import { beginTransit } from "../steer/sign-transit.ts";

export interface OutboundPort {
  /** As people are told of it, such as `port 15010`. */
  readonly name: string;
  /** Where it leads by the snapshot of the time. */
  readonly routeIn: (table: RouteTable) => UpstreamRoute | undefined;
  readonly http2: Http2Upstreams;
  /** Finds out what a connection speaks, where nobody declared it; it may take bytes off and put them back. */
  readonly detect?: ((socket: ByteSocket, route: UpstreamRoute) => Promise<AppProtocol>) | undefined;
}

export interface Outbound {
  readonly context: ProxyContext;
  readonly port: OutboundPort;
  readonly socket: ByteSocket;
  readonly flow: AcceptedFlow;
  readonly source: SocketEndpoint;
  /** Declared, or found out. */
  readonly protocol: AppProtocol;
  readonly facts: FlowFacts;
}

export interface Routes {
  readonly table: RouteTable;
  readonly course: Course;
}

/** Where the traffic of a chain is put on its path. */
export function classifierSeries({ context }: Outbound, { table, course }: Routes): HopSeries | undefined {
  if (course.path === undefined) return undefined;
  const { chain, spi } = course.path.path;
  return context.hops.hopFor({ chain, spi, at: "classifier", function: "" }, table.self);
}

/** Of a backend of a route; a course is called by its route, and which of its backends it is. */
export function routeSeries({ context }: Outbound, { route, upstream }: Course): RouteSeries | undefined {
  if (route === undefined) return undefined;
  const [name = route] = route.split(" ");
  const { namespace, service } = upstream;
  const labels = { weft_route: name, weft_backend: `${namespace}/${service}`, weft_pod: context.config.pod };
  return context.routeSeries.seriesFor(labels);
}

/** Who gets a copy of a request, drawn and counted anew for each; undefined where the route names nobody. */
export function mirrorsOf({ context }: Outbound, { actions }: Course): (() => readonly Course[]) | undefined {
  const { mirrors = [], rule } = actions ?? {};
  if (mirrors.length === 0) return undefined;
  return () => {
    const drawn = mirrors.filter(({ percent }) => 100 * context.random() < percent);
    if (drawn.length > 0 && rule !== undefined) context.routeCounters.events.add(rule.route, "mirrored");
    return drawn.map(({ course }) => course);
  };
}

export interface EndpointWishes {
  /** By key, chosen only when there is no other. */
  readonly avoided?: ReadonlySet<string> | undefined;
  /** Goes before all others. */
  readonly preferred?: WeightedEndpoint | undefined;
}

export function openLeg(
  { context, source, protocol }: Outbound,
  { table, course }: Routes,
  mode: SteeringMode,
  { avoided, preferred }: EndpointWishes = {},
): Promise<LegResult> {
  const path = course.path?.path;
  const proof = path?.isProved === true ? beginTransit(path.spi) : undefined;
  const chooseAny: MeshDial["choose"] = (isExcluded, isAsking) =>
    chooseDestination(course, { source, uniform: context.random(), isAsking }, isExcluded);
  const { upstream: service } = course;
  const chooseWished = preferring(chooseAny, preferred && { kind: "endpoint", endpoint: preferred });
  const choose = avoided === undefined || avoided.size === 0 ? chooseWished : avoiding(chooseWished, avoided);
  const guard = guardOf(context, course);
  const hasRoomAt = guard && roomAt(guard, mode);
  const dial = { table, source, mode, proof, service, protocol, choose, guard, hasRoomAt };
  return openMeshLeg(context, dial, course.path);
}

function roomAt({ occupancy }: ServiceGuard, mode: SteeringMode): (key: string) => boolean {
  if (mode === "connection") return (key) => occupancy.hasConnectionRoomAt(key);
  return (key) => occupancy.hasConnectionRoomAt(key) && occupancy.hasRequestRoomAt(key);
}

function avoiding(choose: MeshDial["choose"], avoided: ReadonlySet<string>): MeshDial["choose"] {
  return (isExcluded, isAsking) => {
    const other = choose((endpoint) => isExcluded(endpoint) || avoided.has(endpointKey(endpoint)), isAsking);
    return other.kind === "none" ? choose(isExcluded, isAsking) : other;
  };
}
