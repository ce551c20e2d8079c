/** A connection of which every HTTP/1.1 request carries its own service path header. */

import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import { readServicePathOfHead } from "../codec/http1/rewrite-head.ts";
import { Http1Gateway } from "../http1-gateway/http1-gateway.ts";
import { attributeTo } from "../meter/connection-meter.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { RouteTable } from "../route/route-table.ts";
import { openFunctionLeg } from "../steer/open-function-leg.ts";
import { openAppLeg } from "../steer/open-leg.ts";
import { denied, type RequestRoute } from "../treat/request-route.ts";
import type { Inbound } from "./accept-inbound.ts";
import { authorizedPort } from "./authorize.ts";
import { chainOf } from "./chain-of.ts";
import { hopSeriesOf } from "./hop-series-of.ts";
import { RateGate } from "./rate-gate.ts";
import { RequestGate } from "./request-gate.ts";
import { TransitGate } from "./transit-gate.ts";

export function carryRequests(context: ProxyContext, inbound: Inbound): void {
  const { flow, socket, preface, facts } = inbound;
  const series = new CurrentSeries(socket);
  const gate = new TransitGate(context, preface);
  const access = new RequestGate(context);
  const rate = new RateGate(context.portLimits);
  let known: KnownRoute | undefined;
  const gateway = new Http1Gateway(context, {
    downstream: socket,
    facts,
    route: (request) => {
      const read = readServicePathOfHead(request);
      if (read === undefined) return refused(400, "path-missing", "the request carries no weft-nsh");
      if (read.kind === "rejected") return refused(400, "path-malformed", read.reason);
      // By the newest snapshot: a path may have become known since the connection began.
      const table = context.routes() ?? inbound.table;
      if (known === undefined || known.table !== table || !isSame(known.servicePath, read.header)) {
        known = { table, servicePath: read.header, ...routeOf(context, { ...inbound, table }, read.header, gate) };
      }
      series.attribute(known.series);
      const port = authorizedPort(table, preface, read.header);
      const reason = access.refusal({ table, socket, port, facts }, request);
      if (reason !== undefined) return denied(reason, known.series);
      const limit = read.header.serviceIndex === 0 ? rate.limitOf(port, request) : undefined;
      return limit === undefined ? known.route : { kind: "answered", answer: limit, series: known.series };
    },
    // Whoever dialled knows better.
    repeats: false,
    marksRefusals: preface.tlvs.wantsNotices === true,
    onClosed: () => {
      series.close();
      flow.over();
    },
  });
  const { bytes, from, to } = preface.rest;
  if (to === from || gateway.take(bytes, from, to)) socket.resume();
  flow.become(gateway);
}

/** What the requests of a connection go by, as long as neither their path nor the snapshot changes. */
interface KnownRoute {
  readonly table: RouteTable;
  readonly servicePath: ServicePathHeader;
  readonly route: RequestRoute;
  readonly series: TrafficSeries;
}

/** The series that the connection's bytes count on now. */
class CurrentSeries {
  private readonly socket: ByteSocket;
  private series: TrafficSeries | undefined;

  constructor(socket: ByteSocket) {
    this.socket = socket;
  }

  attribute(next: TrafficSeries): void {
    if (next === this.series) return;
    this.close();
    next.openedCount++;
    this.series = next;
    attributeTo(next, this.socket, false);
  }

  close(): void {
    if (this.series !== undefined) this.series.closedCount++;
  }
}

function routeOf(
  context: ProxyContext,
  { table, peer, socket, preface }: Inbound,
  servicePath: ServicePathHeader,
  gate: TransitGate,
): Pick<KnownRoute, "route" | "series"> {
  const { spi, serviceIndex } = servicePath;
  const path = { ...servicePath, chain: chainOf(table, servicePath) };
  const isMutualTls = socket.peer !== undefined;
  const traffic = { reporter: "destination", source: peer, destination: table.self, isMutualTls, path } as const;
  const series = context.series.seriesFor(trafficLabels(traffic, "http"));
  const { source, destination } = preface;
  const hop = hopSeriesOf(context, table, servicePath);
  const leg = { kind: "leg", key: `${spi} ${serviceIndex}`, fits: () => true, series, hop } as const;
  if (serviceIndex === 0) {
    const refusal = gate.refusal(table, hop, spi);
    if (refusal === undefined) return { series, route: { ...leg, open: () => openAppLeg(context, destination.port) } };
    hop.failRequest("proof_failed");
    return { series, route: refused(503, "proof-failed", refusal) };
  }
  const route = table.hopFor(spi, serviceIndex);
  if (route === undefined) {
    hop.failRequest("unknown_path");
    return { series, route: refused(503, "unknown-path", `path ${leg.key} does not lead here`) };
  }
  const { proof } = preface.tlvs;
  const about = { table, route, servicePath, source, destination, mode: "request", counts: hop, proof } as const;
  const open = () => openFunctionLeg(context, about);
  return { series, route: { ...leg, open } };
}

function isSame(a: ServicePathHeader, b: ServicePathHeader): boolean {
  return a.spi === b.spi && a.serviceIndex === b.serviceIndex && a.ttl === b.ttl;
}

function refused(statusCode: number, code: string, reason: string): RequestRoute {
  return { kind: "refused", statusCode, code, reason };
}
