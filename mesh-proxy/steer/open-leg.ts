/** Legs without a function: to the application of this pod, and to another proxy. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { ttlFirst } from "../../core/model/service-path-header.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { dial } from "../relay/dial.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import type { TapRoute } from "../route/route-table.ts";
import { AnswerHealth } from "./answer-health.ts";
import { dialDeps, dialMesh, type MeshConnection, type MeshDial } from "./dial-mesh.ts";
import { endpointKey } from "./ejections.ts";
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
  const { socket, endpoint, group: peers, servicePath, seriesFor } = connection;
  const group = new SocketGroup();
  group.add(socket);
  countAt(context, endpoint, group);
  if (mode === "connection") context.loads.answered(endpointKey(endpoint), connection.connectMs + connection.answerMs);
  return {
    request: socket,
    response: socket,
    group,
    endpoint,
    onward: socket,
    mesh: { socket, seriesFor, peers },
    health: mode === "connection" ? new AnswerHealth(context, connection, group) : undefined,
    servicePath: mode === "request" ? servicePath : undefined,
  };
}

/** For as long as the flow lasts. */
function countAt({ loads }: ProxyContext, endpoint: WeightedEndpoint, group: SocketGroup): void {
  const key = endpointKey(endpoint);
  loads.began(key);
  group.follow({ flowOver: () => loads.ended(key) });
}
