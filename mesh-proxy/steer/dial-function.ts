/** Connections to this pod's service function. */
import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import { encodeProxyHeader, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { Direction, PathOffer } from "../codec/steering-tlvs.ts";
import type { TransitProof } from "../codec/transit-proof.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { type DialResult, dial } from "../relay/dial.ts";
import type { HopRoute } from "../route/route-table.ts";
import { dialDeps } from "./dial-mesh.ts";

export interface FunctionFlow {
  readonly route: HopRoute;
  /** With which the traffic arrived. */
  readonly servicePath: ServicePathHeader;
  readonly source: SocketEndpoint;
  readonly destination: SocketEndpoint;
  /** What the function is to hand on with connections that it opens itself. */
  readonly proof?: TransitProof | undefined;
}

export interface FunctionEnds {
  readonly kind: "connected";
  readonly request: ByteSocket;
  /** Absent when return bytes go around the function. */
  readonly response: ByteSocket | undefined;
}

export type DialledFunction = FunctionEnds | { readonly kind: "failed"; readonly reason: string };

/** One connection for each direction that passes the function. */
export async function dialFunction(context: ProxyContext, flow: FunctionFlow): Promise<DialledFunction> {
  const [up, down] = await Promise.all([
    dialDirection(context, flow, "request"),
    flow.route.hop.isSymmetric ? dialDirection(context, flow, "response") : undefined,
  ]);
  if (up.kind === "connected" && down?.kind !== "failed") {
    return { kind: "connected", request: up.socket, response: down?.socket };
  }
  context.own.connectFailureCount++;
  for (const result of [up, down]) if (result?.kind === "connected") result.socket.destroy();
  const failed = [up, down].find((result) => result?.kind === "failed");
  return failed?.kind === "failed" ? failed : { kind: "failed", reason: "function is not there" };
}

export async function dialDirection(
  context: ProxyContext,
  { route, servicePath, source, destination, proof }: FunctionFlow,
  direction: Direction,
): Promise<DialResult> {
  const { port, hasProxyProtocol, mode } = route.hop.function;
  const result = await dial({ host: context.config.appHost, port }, dialDeps(context));
  if (result.kind === "connected" && hasProxyProtocol) {
    const offers = direction === "request" ? offersOf(route, servicePath) : [];
    const handed = mode === "Terminate" && proof !== undefined ? { proof } : {};
    const header = encodeProxyHeader({ source, destination, tlvs: { servicePath, direction, offers, ...handed } });
    result.socket.write(header, 0, header.length);
  }
  return result;
}

/** Where a function that says so itself may send the flow on. */
function offersOf({ hop, branches }: HopRoute, { ttl }: ServicePathHeader): readonly PathOffer[] {
  if (hop.function.isReclassifying !== true) return [];
  return branches.flatMap(({ chain, path }) => {
    if (path === undefined) return [];
    const { spi, serviceIndex } = path.path;
    return [{ chain, servicePath: { spi, serviceIndex, ttl: ttl - 1 } }];
  });
}
