/** Legs through this pod's service function, and on to the next hop of the path. */
import { advanceServicePath } from "../../core/model/service-path-header.ts";
import type { TransitProof } from "../codec/transit-proof.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import { chooseBehind, tapsBehind } from "../route/choose-destination.ts";
import type { BranchRoute, HopRoute, RouteTable } from "../route/route-table.ts";
import { type DialledFunction, dialDirection, dialFunction, type FunctionFlow } from "./dial-function.ts";
import { dialMesh, type MeshConnection, type MeshDial, type SteeringMode } from "./dial-mesh.ts";
import { forwardedLeg } from "./forwarded-leg.ts";
import type { Leg, LegResult } from "./leg.ts";
import { openBranchingLeg } from "./open-branching-leg.ts";
import { dropCopies, type FlowCopies, openCopies, openOwnCopies, withCopies } from "./open-copies.ts";
import { meshLeg } from "./open-leg.ts";
import { proofBehind, signedHere } from "./proof-behind.ts";

export interface FunctionLegRequest extends FunctionFlow {
  readonly table: RouteTable;
  readonly mode: SteeringMode;
  /** Where this hop counts. */
  readonly counts: HopSeries;
  /** With which the traffic arrived. */
  readonly proof?: TransitProof | undefined;
  /** Where the traffic leaves its path behind the function. */
  readonly branch?: BranchRoute | undefined;
  /** Where the function was dialled before. */
  readonly ends?: DialledFunction | undefined;
}

export async function openFunctionLeg(context: ProxyContext, request: FunctionLegRequest): Promise<LegResult> {
  const { route, servicePath } = request;
  // Before the function hears of a flow that may not go on.
  const advanced = advanceServicePath(servicePath);
  if (advanced.kind === "rejected") {
    const by = advanced.by === "ttl-expired" ? "ttl_expired" : "unknown_path";
    return { kind: "failed", by, reason: advanced.reason };
  }
  if (route.hop.function.mode === "Terminate") return openToFunction(context, request);
  if (isBranchedByRequest(request)) return openByRequest(context, request);
  const open = route.hop.function.mode === "Tap" ? openPastTap : openThroughFunction;
  return whileCopied(context, request, (copies) => open(context, request, copies));
}

function isBranchedByRequest({ route, mode, ends }: FunctionLegRequest): boolean {
  const { mode: functionMode, isReclassifying } = route.hop.function;
  const mayBranch = route.classes !== undefined || isReclassifying === true;
  return mayBranch && mode === "request" && functionMode === "Forward" && ends === undefined;
}

async function openByRequest(context: ProxyContext, request: FunctionLegRequest): Promise<LegResult> {
  const ends = await dialFunction(context, request);
  if (ends.kind === "connected") return { kind: "open", leg: openBranchingLeg(context, request, ends) };
  return openFunctionLeg(context, { ...request, ends });
}

async function whileCopied(
  context: ProxyContext,
  request: FunctionLegRequest,
  open: (copies: FlowCopies) => Promise<LegResult>,
): Promise<LegResult> {
  const copies = openCopies(context, { ...request, taps: tapsBehind(request), ttl: request.servicePath.ttl - 1 });
  const result = await open(copies);
  if (result.kind === "failed") dropCopies(copies);
  return result;
}

async function openThroughFunction(
  context: ProxyContext,
  request: FunctionLegRequest,
  copies: FlowCopies,
): Promise<LegResult> {
  const { route } = request;
  const asked = request.ends ?? dialFunction(context, request);
  // Signed when the function has the flow: what is sent on must be known by then, so the next hop waits for it.
  const isTaken = request.proof !== undefined && (await asked).kind === "connected";
  const [next, ends] = await Promise.all([dialNext(context, request, isTaken), asked]);
  if (next.kind === "failed") {
    if (ends.kind === "connected") for (const socket of [ends.request, ends.response]) socket?.destroy();
    return { kind: "failed", by: next.by, reason: next.reason };
  }
  if (ends.kind === "connected") return { kind: "open", leg: forwardedLeg(context, request, { next, ends, copies }) };
  if (route.hop.function.failurePolicy === "Block") {
    next.socket.reset();
    return refusedBy(route, ends.reason);
  }
  return { kind: "open", leg: bypassingLeg(context, request, next, copies) };
}

function refusedBy({ hop }: HopRoute, reason: string): LegResult {
  return { kind: "failed", by: "function_refused", reason: `function ${hop.function.name}: ${reason}` };
}

function bypassingLeg(
  context: ProxyContext,
  { mode, counts }: FunctionLegRequest,
  next: MeshConnection,
  copies: FlowCopies,
): Leg {
  context.own.bypassedCount++;
  counts.bypassedCount++;
  return withCopies(meshLeg(context, next, mode), copies);
}

/** The flow ends at the function, which opens what goes on itself (outbound/accept-onward.ts). */
async function openToFunction(context: ProxyContext, request: FunctionLegRequest): Promise<LegResult> {
  const { route } = request;
  const result = await dialDirection(context, { ...request, proof: signedHere(request) }, "request");
  if (result.kind === "connected") {
    const { socket } = result;
    const group = new SocketGroup();
    group.add(socket);
    return { kind: "open", leg: { request: socket, response: socket, group } };
  }
  context.own.connectFailureCount++;
  if (route.hop.function.failurePolicy === "Block") return refusedBy(route, result.reason);
  return whileCopied(context, request, async (copies) => {
    const next = await dialNext(context, request);
    if (next.kind === "failed") return { kind: "failed", by: next.by, reason: next.reason };
    return { kind: "open", leg: bypassingLeg(context, request, next, copies) };
  });
}

async function openPastTap(
  context: ProxyContext,
  request: FunctionLegRequest,
  { request: up, response: down }: FlowCopies,
): Promise<LegResult> {
  const own = openOwnCopies(context, request);
  const next = await dialNext(context, request);
  if (next.kind === "connected") {
    const copies = { request: [...own.request, ...up], response: [...own.response, ...down] };
    return { kind: "open", leg: withCopies(meshLeg(context, next, request.mode), copies) };
  }
  dropCopies(own);
  return { kind: "failed", by: next.by, reason: next.reason };
}

/** @param isTaken whether the function has the flow, which is then signed for */
function dialNext(context: ProxyContext, request: FunctionLegRequest, isTaken = false) {
  const { table, source, mode, route } = request;
  const { protocol } = route.hop;
  const proof = proofBehind(request, isTaken);
  const choose: MeshDial["choose"] = (isExcluded) => chooseBehind(request, isExcluded);
  return dialMesh(context, { table, source, mode, protocol, proof, choose });
}
