/** Legs through this pod's service function, and on to the next hop of the path. */
import { advanceServicePath, type ServicePathHeader } from "../../core/model/service-path-header.ts";
import { encodeProxyHeader, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { Direction } from "../codec/steering-tlvs.ts";
import type { TransitProof } from "../codec/transit-proof.ts";
import { FunctionTimer, timeFirstBytes } from "../meter/function-timer.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { dial } from "../relay/dial.ts";
import { pump } from "../relay/pump.ts";
import { Tap } from "../relay/tap.ts";
import { chooseNextHop } from "../route/choose-destination.ts";
import type { HopRoute, RouteTable } from "../route/route-table.ts";
import { dialDeps, dialMesh, type MeshConnection, type SteeringMode } from "./dial-mesh.ts";
import type { Leg, LegResult } from "./leg.ts";
import { meterConnection } from "./meter-connection.ts";
import { meshLeg } from "./open-leg.ts";
import { PathHeaderStage } from "./path-header-stage.ts";
import { signTransit } from "./sign-transit.ts";

export interface FunctionLegRequest {
  readonly table: RouteTable;
  readonly route: HopRoute;
  /** With which the traffic arrived. */
  readonly servicePath: ServicePathHeader;
  readonly source: SocketEndpoint;
  readonly destination: SocketEndpoint;
  readonly mode: SteeringMode;
  /** Where this hop counts. */
  readonly counts: HopSeries;
  /** With which the traffic arrived. */
  readonly proof?: TransitProof | undefined;
}

export async function openFunctionLeg(context: ProxyContext, request: FunctionLegRequest): Promise<LegResult> {
  const { table, route, servicePath, source, mode } = request;
  const { hop } = route;
  // Before the function hears of a flow that may not go on.
  const advanced = advanceServicePath(servicePath);
  if (advanced.kind === "rejected") return { kind: "failed", by: "unknown_path", reason: advanced.reason };
  const asked = dialFunction(context, request);
  const proof = request.proof && (await passOn(request, request.proof, asked));
  const [next, ends] = await Promise.all([
    dialMesh(context, {
      table,
      source,
      mode,
      protocol: hop.protocol,
      proof,
      choose: (isExcluded) => chooseNextHop(route, servicePath, source, isExcluded),
    }),
    asked,
  ]);
  if (next.kind === "failed") {
    if (ends.kind === "connected") for (const socket of [ends.request, ends.response]) socket?.destroy();
    return { kind: "failed", by: "no_endpoint", reason: next.reason };
  }
  if (ends.kind === "failed") {
    if (hop.function.failurePolicy === "Block") {
      next.socket.reset();
      return { kind: "failed", by: "function_refused", reason: `function ${hop.function.name}: ${ends.reason}` };
    }
    context.own.bypassedCount++;
    request.counts.bypassedCount++;
    return { kind: "open", leg: meshLeg(context, next, mode) };
  }
  const leg =
    hop.function.mode === "Tap" ? tappedLeg(context, next, ends, mode) : forwardedLeg(context, next, ends, request);
  return { kind: "open", leg };
}

/** Signed when the function has the flow: what is sent on must be known by then, so the next hop waits for it. */
async function passOn(
  { route, servicePath, source }: FunctionLegRequest,
  proof: TransitProof,
  asked: ReturnType<typeof dialFunction>,
): Promise<TransitProof | undefined> {
  const { spi, serviceIndex } = servicePath;
  const { proofKey } = route.hop;
  if (proof.spi !== spi) return undefined;
  if (proofKey === undefined || (await asked).kind === "failed") return proof;
  return signTransit(proof, { serviceIndex, key: proofKey }, source);
}

interface FunctionEnds {
  readonly kind: "connected";
  readonly request: ByteSocket;
  /** Absent when return bytes go around the function. */
  readonly response: ByteSocket | undefined;
}

async function dialFunction(
  context: ProxyContext,
  request: FunctionLegRequest,
): Promise<FunctionEnds | { readonly kind: "failed"; readonly reason: string }> {
  const { hop } = request.route;
  const [up, down] = await Promise.all([
    dialDirection(context, request, "request"),
    hop.isSymmetric ? dialDirection(context, request, "response") : undefined,
  ]);
  if (up.kind === "connected" && down?.kind !== "failed") {
    return { kind: "connected", request: up.socket, response: down?.socket };
  }
  context.own.connectFailureCount++;
  for (const result of [up, down]) if (result?.kind === "connected") result.socket.destroy();
  const failed = [up, down].find((result) => result?.kind === "failed");
  return failed?.kind === "failed" ? failed : { kind: "failed", reason: "function is not there" };
}

async function dialDirection(
  context: ProxyContext,
  { route, source, destination }: FunctionLegRequest,
  direction: Direction,
) {
  const { port, hasProxyProtocol } = route.hop.function;
  const result = await dial({ host: context.config.appHost, port }, dialDeps(context));
  if (result.kind === "connected" && hasProxyProtocol) {
    const header = encodeProxyHeader({ source, destination, tlvs: { direction } });
    result.socket.write(header, 0, header.length);
  }
  return result;
}

/** The function takes the flow's bytes, and what it gives back goes on. */
function forwardedLeg(
  context: ProxyContext,
  next: MeshConnection,
  ends: FunctionEnds,
  request: FunctionLegRequest,
): Leg {
  const { mode, counts } = request;
  const { group, endpoint, onward, health } = meshLeg(context, next, mode);
  const timer = new FunctionTimer(context.clock, counts);
  group.add(ends.request);
  if (ends.response !== undefined) group.add(ends.response);
  if (mode === "request" && next.servicePath !== undefined) {
    new PathHeaderStage(context, { source: ends.request, next, servicePath: next.servicePath, group, timer });
  } else {
    const { seriesFor } = next;
    meterConnection(context, next.socket, { isDialled: true, seriesFor, onOutcome: health?.requestOver });
    timeFirstBytes(ends.request, timer);
    pump(ends.request, next.socket);
  }
  if (ends.response !== undefined) {
    pump(next.socket, ends.response);
    next.socket.resume();
  }
  ends.request.resume();
  const functionTimer = mode === "request" ? timer : undefined;
  const response = ends.response ?? next.socket;
  return { request: ends.request, response, group, endpoint, health, onward, functionTimer };
}

/** The function gets a copy, and the flow passes by. When that is over, the function is not waited for long. */
function tappedLeg(context: ProxyContext, next: MeshConnection, ends: FunctionEnds, mode: SteeringMode): Leg {
  const { clock, config } = context;
  const leg = meshLeg(context, next, mode);
  leg.group.onLeftAlone = () => clock.after(config.connectTimeoutMs, () => leg.group.reset());
  const tap = (socket: ByteSocket) => {
    leg.group.addLoosely(socket);
    return new Tap(socket, context.config.bufferBytes, () => context.own.tapOverrunCount++);
  };
  return { ...leg, requestTap: tap(ends.request), responseTap: ends.response && tap(ends.response) };
}
