/** A connection that is not steered, or steered as a whole. */

import { NOTICE, type Notice } from "../codec/notice.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { JoinedConnection } from "../steer/joined-connection.ts";
import type { LegResult } from "../steer/leg.ts";
import { meterConnection } from "../steer/meter-connection.ts";
import { type FunctionLegRequest, openFunctionLeg } from "../steer/open-function-leg.ts";
import { openAppLeg } from "../steer/open-leg.ts";
import { isOwnFault } from "../steer/own-fault.ts";
import type { Inbound } from "./accept-inbound.ts";
import { beginConnection, passRest } from "./begin-connection.ts";
import { carryReclassified } from "./carry-reclassified.ts";

export async function carryConnection(
  context: ProxyContext,
  inbound: Inbound,
  refuse: (by: RefusalReason, reason: string, notice?: Notice) => void,
): Promise<void> {
  const { flow, socket, preface } = inbound;
  const request = functionRequest(inbound);
  if (request?.kind === "request" && answersWithPath(request) && (await carryReclassified(context, inbound, request)))
    return;
  const result = await openLeg(context, inbound, request);
  if (result.kind === "failed") {
    refuse(result.by, result.reason, preface.tlvs.wantsNotices ? noticeOf(result.by) : undefined);
    return;
  }
  const { leg } = result;
  if (leg.group.isFailed || socket.isClosed) {
    leg.group.reset();
    socket.reset();
    return;
  }
  const meter = beginConnection(context, inbound);
  if (leg.mesh !== undefined)
    meterConnection(context, leg.mesh.socket, { isDialled: true, seriesFor: leg.mesh.seriesFor });
  const joined = new JoinedConnection(context, { flow, downstream: socket, leg, meter });
  passRest(inbound, meter);
  flow.become(joined);
}

/** A function in mode Terminate says it on the connection that it opens. */
function answersWithPath({ route }: FunctionLegRequest): boolean {
  const { mode, isReclassifying } = route.hop.function;
  return mode === "Forward" && isReclassifying === true;
}

function noticeOf(by: RefusalReason): Notice {
  if (by === "ttl_expired" || by === "ttl_expired_ahead") return NOTICE.expired;
  return isOwnFault(by) ? NOTICE.refused : NOTICE.stranded;
}

type HopRequest = ({ readonly kind: "request" } & FunctionLegRequest) | Extract<LegResult, { kind: "failed" }>;

/** Undefined where the connection is for the application. */
function functionRequest({ table, preface }: Inbound): HopRequest | undefined {
  const { source, destination, tlvs } = preface;
  const { servicePath } = tlvs;
  if (servicePath === undefined || servicePath.serviceIndex === 0) return undefined;
  const route = table.hopFor(servicePath.spi, servicePath.serviceIndex);
  if (route === undefined) {
    const reason = `path ${servicePath.spi} at index ${servicePath.serviceIndex} does not lead here`;
    return { kind: "failed", by: "unknown_path", reason };
  }
  const branch = route.classes?.forConnection(source)();
  return { kind: "request", table, route, servicePath, source, destination, mode: "connection", branch };
}

async function openLeg(
  context: ProxyContext,
  { preface }: Inbound,
  request: HopRequest | undefined,
): Promise<LegResult> {
  if (request === undefined) return openAppLeg(context, preface.destination.port);
  return request.kind === "failed" ? request : openFunctionLeg(context, request);
}
