/** A connection that is not steered, or steered as a whole. */

import { NOTICE, type Notice } from "../codec/notice.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { JoinedConnection } from "../steer/joined-connection.ts";
import type { LegResult } from "../steer/leg.ts";
import { meterDialled } from "../steer/meter-connection.ts";
import { type FunctionLegRequest, openFunctionLeg } from "../steer/open-function-leg.ts";
import { openAppLeg } from "../steer/open-leg.ts";
import { isOwnFault } from "../steer/own-fault.ts";
import type { Inbound } from "./accept-inbound.ts";
import { beginConnection, passRest } from "./begin-connection.ts";
import { carryReclassified } from "./carry-reclassified.ts";
import { hopSeriesOf } from "./hop-series-of.ts";
import { transitRefusal } from "./transit-refusal.ts";

export async function carryConnection(
  context: ProxyContext,
  inbound: Inbound,
  refuse: (by: RefusalReason, reason: string, notice?: Notice) => void,
): Promise<void> {
  const { table, flow, socket, preface } = inbound;
  const { servicePath, wantsNotices } = preface.tlvs;
  const startMs = context.clock.nowMs();
  const hop = servicePath && hopSeriesOf(context, table, servicePath);
  if (hop !== undefined) hop.connectionCount++;
  const request = hop && functionRequest(inbound, hop);
  if (request?.kind === "request" && answersWithPath(request) && (await carryReclassified(context, inbound, request)))
    return;
  const result = await openLeg(context, inbound, { request, hop });
  if (result.kind === "failed") {
    hop?.fail(result.by);
    refuse(result.by, result.reason, wantsNotices ? noticeOf(result.by) : undefined);
    return;
  }
  const { leg } = result;
  if (leg.group.isFailed || socket.isClosed) {
    leg.group.reset();
    socket.reset();
    return;
  }
  hop?.connectionAnswerMs.observe(context.clock.nowMs() - startMs);
  const meter = beginConnection(context, inbound, hop);
  if (leg.mesh !== undefined) meterDialled(context, leg, { mesh: leg.mesh });
  const joined = new JoinedConnection(context, { flow, downstream: socket, leg, meter, hop });
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
function functionRequest({ table, preface }: Inbound, counts: HopSeries): HopRequest | undefined {
  const { source, destination, tlvs } = preface;
  const { servicePath, proof } = tlvs;
  if (servicePath === undefined || servicePath.serviceIndex === 0) return undefined;
  const { spi, serviceIndex } = servicePath;
  const route = table.hopFor(spi, serviceIndex);
  if (route === undefined) {
    const reason = `path ${spi} at index ${serviceIndex} does not lead here`;
    return { kind: "failed", by: "unknown_path", reason };
  }
  const branch = route.classes?.forConnection(source)();
  const mode = "connection";
  return { kind: "request", table, route, servicePath, source, destination, mode, branch, counts, proof };
}

interface Asked {
  readonly request: HopRequest | undefined;
  /** Undefined off chains. */
  readonly hop: HopSeries | undefined;
}

async function openLeg(
  context: ProxyContext,
  { table, preface, appHost }: Inbound,
  { request, hop }: Asked,
): Promise<LegResult> {
  if (request?.kind === "failed") return request;
  if (request !== undefined) return openFunctionLeg(context, request);
  const { servicePath } = preface.tlvs;
  const refusal = hop && servicePath && transitRefusal(context, { table, preface, hop }, servicePath.spi);
  if (refusal !== undefined) return { kind: "failed", by: "proof_failed", reason: refusal };
  return openAppLeg(context, preface.destination.port, appHost);
}
