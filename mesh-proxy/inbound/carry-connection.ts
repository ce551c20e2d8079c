/** A connection that is not steered, or steered as a whole. */

import { NOTICE, type Notice } from "../codec/notice.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { sendNotice } from "../steer/await-acceptance.ts";
import { JoinedConnection } from "../steer/joined-connection.ts";
import type { LegResult } from "../steer/leg.ts";
import { meterConnection, meterDialled } from "../steer/meter-connection.ts";
import { openFunctionLeg } from "../steer/open-function-leg.ts";
import { openAppLeg } from "../steer/open-leg.ts";
import { isOwnFault } from "../steer/own-fault.ts";
import type { Inbound } from "./accept-inbound.ts";
import { chainOf } from "./chain-of.ts";
import { hopSeriesOf } from "./hop-series-of.ts";
import { transitRefusal } from "./transit-refusal.ts";

export async function carryConnection(
  context: ProxyContext,
  inbound: Inbound,
  refuse: (by: RefusalReason, reason: string, notice?: Notice) => void,
): Promise<void> {
  const { table, peer, flow, socket, preface } = inbound;
  const { servicePath, wantsNotices } = preface.tlvs;
  const path = servicePath && { ...servicePath, chain: chainOf(table, servicePath) };
  const startMs = context.clock.nowMs();
  const hop = servicePath && hopSeriesOf(context, table, servicePath);
  if (hop !== undefined) hop.connectionCount++;
  const traffic = { reporter: "destination", source: peer, destination: table.self, path } as const;
  const result = await openLeg(context, inbound, hop);
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
  if (wantsNotices === true) {
    sendNotice(socket, NOTICE.accepted);
    socket.startCounting(preface.rest.to - preface.rest.from);
  }
  const seriesFor = (protocol: "tcp" | "http") => context.series.seriesFor(trafficLabels(traffic, protocol));
  const meter = meterConnection(context, socket, { isDialled: false, seriesFor, hop });
  if (leg.mesh !== undefined) meterDialled(context, leg, { mesh: leg.mesh });
  const joined = new JoinedConnection(context, { flow, downstream: socket, leg, meter, hop });
  const { bytes, from, to } = preface.rest;
  if (to > from) meter.read(bytes, from, to);
  if (to === from || socket.onBytes(bytes, from, to)) socket.resume();
  flow.become(joined);
}

function noticeOf(by: RefusalReason): Notice {
  return isOwnFault(by) ? NOTICE.refused : NOTICE.stranded;
}

async function openLeg(
  context: ProxyContext,
  { table, preface }: Inbound,
  counts: HopSeries | undefined,
): Promise<LegResult> {
  const { source, destination, tlvs } = preface;
  const { servicePath } = tlvs;
  if (servicePath === undefined || counts === undefined) return openAppLeg(context, destination.port);
  const { spi, serviceIndex } = servicePath;
  if (serviceIndex === 0) {
    const refusal = transitRefusal(context, { table, preface, hop: counts }, spi);
    if (refusal !== undefined) return { kind: "failed", by: "proof_failed", reason: refusal };
    return openAppLeg(context, destination.port);
  }
  const route = table.hopFor(spi, serviceIndex);
  if (route === undefined) {
    const reason = `path ${spi} at index ${serviceIndex} does not lead here`;
    return { kind: "failed", by: "unknown_path", reason };
  }
  const { proof } = tlvs;
  const mode = "connection";
  return openFunctionLeg(context, { table, route, servicePath, source, destination, mode, counts, proof });
}
