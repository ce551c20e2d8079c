/** Legs without a function: to the application of this pod, and to another proxy. */
import { ttlFirst } from "../../core/model/service-path-header.ts";
import { LegRequests } from "../guard/leg-requests.ts";
import type { ServiceGuard } from "../guard/service-guard.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { dial } from "../relay/dial.ts";
import { type FlowFollower, SocketGroup } from "../relay/socket-group.ts";
import type { TapRoute } from "../route/route-table.ts";
import { AnswerHealth } from "./answer-health.ts";
import { endpointKey } from "./breakers.ts";
import { dialDeps, dialMesh, type MeshConnection, type MeshDial } from "./dial-mesh.ts";
import type { Leg, LegResult } from "./leg.ts";
import { dropCopies, openCopies, withCopies } from "./open-copies.ts";

/** @param host where the application listens, if not where it does for peers */
export async function openAppLeg(
  context: ProxyContext,
  appPort: number,
  host = context.config.appHost,
): Promise<LegResult> {
  const result = await dial({ host, port: appPort }, dialDeps(context));
  if (result.kind === "failed") {
    context.own.connectFailureCount++;
    return { kind: "failed", by: "app_refused", reason: result.reason };
  }
  const { socket } = result;
  const group = new SocketGroup();
  group.add(socket);
  return { kind: "open", leg: { request: socket, response: socket, group } };
}

/**
 * @param taps that the flow goes past
 * @param ttl with which their copies are sent
 */
export async function openMeshLeg(
  context: ProxyContext,
  request: MeshDial,
  { taps = [], ttl = ttlFirst }: { readonly taps?: readonly TapRoute[] | undefined; readonly ttl?: number } = {},
): Promise<LegResult> {
  const copies = openCopies(context, { ...request, taps, ttl });
  const connection = await dialMesh(context, request);
  if (connection.kind === "connected")
    return { kind: "open", leg: withCopies(meshLeg(context, connection, request.mode), copies) };
  dropCopies(copies);
  return { kind: "failed", by: connection.by, reason: connection.reason };
}

export function meshLeg(context: ProxyContext, connection: MeshConnection, mode: MeshDial["mode"]): Leg {
  const { socket, endpoint, guard, group: peers, servicePath, seriesFor } = connection;
  const group = new SocketGroup();
  group.add(socket);
  countAt(context, connection, group);
  const takenMs = connection.connectMs + connection.answerMs;
  if (mode === "connection") context.loads.answered(endpointKey(endpoint), takenMs);
  if (mode === "connection" && connection.protocol === "tcp")
    guard?.observe(endpoint, { isFailure: false, isGatewayError: false, durationMs: takenMs }, context.clock.nowMs());
  const requests = mode === "request" && guard ? requestsOn(context, guard, connection, group) : undefined;
  return {
    request: socket,
    response: socket,
    group,
    endpoint,
    onward: socket,
    mesh: { socket, seriesFor, peers },
    requests,
    health: mode === "connection" ? new AnswerHealth(context, connection, group) : undefined,
    servicePath: mode === "request" ? servicePath : undefined,
  };
}

function requestsOn(
  { clock }: ProxyContext,
  guard: ServiceGuard,
  { endpoint, socket, place }: MeshConnection,
  group: SocketGroup,
): LegRequests {
  place?.takeRequest();
  const requests = new LegRequests(guard, endpoint, () => clock.nowMs());
  followLeg(group, socket, requests);
  return requests;
}

/** For as long as the flow lasts. */
function countAt({ loads }: ProxyContext, { endpoint, socket }: MeshConnection, group: SocketGroup): void {
  const key = endpointKey(endpoint);
  loads.began(key);
  followLeg(group, socket, { flowOver: () => loads.ended(key) });
}

/** A connection may be gone before anybody follows it. */
function followLeg(group: SocketGroup, socket: ByteSocket, follower: FlowFollower): void {
  if (socket.isClosed) follower.flowOver(true);
  else group.follow(follower);
}
