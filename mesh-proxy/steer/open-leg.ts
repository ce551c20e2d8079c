/** Legs without a function: to the application of this pod, and to another proxy. */
import type { ProxyContext } from "../proxy-context.ts";
import { dial } from "../relay/dial.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import { AnswerHealth } from "./answer-health.ts";
import { dialDeps, dialMesh, type MeshConnection, type MeshDial } from "./dial-mesh.ts";
import type { Leg, LegResult } from "./leg.ts";

export async function openAppLeg(context: ProxyContext, appPort: number): Promise<LegResult> {
  const result = await dial({ host: context.config.appHost, port: appPort }, dialDeps(context));
  if (result.kind === "failed") {
    context.own.connectFailureCount++;
    return { kind: "failed", by: "app_refused", reason: result.reason };
  }
  const { socket } = result;
  const group = new SocketGroup();
  group.add(socket);
  return { kind: "open", leg: { request: socket, response: socket, group } };
}

export async function openMeshLeg(context: ProxyContext, request: MeshDial): Promise<LegResult> {
  const connection = await dialMesh(context, request);
  if (connection.kind === "failed") return { kind: "failed", by: "no_endpoint", reason: connection.reason };
  return { kind: "open", leg: meshLeg(context, connection, request.mode) };
}

export function meshLeg(context: ProxyContext, connection: MeshConnection, mode: MeshDial["mode"]): Leg {
  const { socket, endpoint, group: peers, servicePath, seriesFor } = connection;
  const group = new SocketGroup();
  group.add(socket);
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
