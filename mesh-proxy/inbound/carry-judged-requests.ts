/** A connection to an application that speaks HTTP/1.1, of which policies judge every request, or a rate limit counts it. */

import { NOTICE, type Notice } from "../codec/notice.ts";
import { Http1Gateway } from "../http1-gateway/http1-gateway.ts";
import { attributeTo } from "../meter/connection-meter.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { sendNotice } from "../steer/await-acceptance.ts";
import type { LegResult } from "../steer/leg.ts";
import { openAppLeg } from "../steer/open-leg.ts";
import { denied, type RequestRoute } from "../treat/request-route.ts";
import type { Inbound } from "./accept-inbound.ts";
import { RateGate } from "./rate-gate.ts";
import { RequestGate } from "./request-gate.ts";

export async function carryJudgedRequests(
  context: ProxyContext,
  inbound: Inbound,
  refuse: (by: RefusalReason, reason: string, notice?: Notice) => void,
): Promise<void> {
  const { table, peer, flow, socket, preface, facts, appHost } = inbound;
  const { wantsNotices } = preface.tlvs;
  const { port } = preface.destination;
  const first = await openAppLeg(context, port, appHost);
  if (first.kind === "failed") return refuse(first.by, first.reason, wantsNotices ? NOTICE.refused : undefined);
  if (socket.isClosed) return first.leg.group.reset();
  if (wantsNotices === true) {
    sendNotice(socket, NOTICE.accepted);
    socket.startCounting(preface.rest.to - preface.rest.from);
  }
  const isMutualTls = socket.peer !== undefined;
  const traffic = { reporter: "destination", source: peer, destination: table.self, isMutualTls } as const;
  const series = context.series.seriesFor(trafficLabels(traffic, "http"));
  series.openedCount++;
  attributeTo(series, socket, false);
  let opened: LegResult | undefined = first;
  const open = async (): Promise<LegResult> => {
    const ready = opened;
    opened = undefined;
    return ready?.kind === "open" && !ready.leg.group.isFailed && !ready.leg.request.hasEnded
      ? ready
      : openAppLeg(context, port, appHost);
  };
  const pass: RequestRoute = { kind: "leg", key: "", fits: () => true, open, series };
  const wasJudged = table.access.judgesRequests(port);
  const gate = new RequestGate(context);
  const rate = new RateGate(context.portLimits);
  const gateway = new Http1Gateway(context, {
    downstream: socket,
    facts,
    route: (request) => {
      // By the newest snapshot: policies hold for connections that are open, too.
      const newest = context.routes() ?? table;
      const isJudged = wasJudged || newest.access.judgesRequests(port);
      const reason = isJudged ? gate.refusal({ table: newest, socket, port, facts }, request) : undefined;
      if (reason !== undefined) return denied(reason, series);
      const limit = rate.limitOf(port, request);
      return limit === undefined ? pass : { kind: "answered", answer: limit, series };
    },
    repeats: false,
    onClosed: () => {
      series.closedCount++;
      if (opened?.kind === "open") opened.leg.group.reset();
      flow.over();
    },
  });
  const { bytes, from, to } = preface.rest;
  if (to === from || gateway.take(bytes, from, to)) socket.resume();
  flow.become(gateway);
}
