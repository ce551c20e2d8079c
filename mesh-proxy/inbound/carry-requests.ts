/** A connection of which every HTTP/1.1 request carries its own service path header. */

import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { readServicePathOfHead } from "../codec/http1/rewrite-head.ts";
import { attributeTo } from "../meter/connection-meter.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { Http1Gateway, type RequestRoute } from "../steer/http1-gateway.ts";
import { openFunctionLeg } from "../steer/open-function-leg.ts";
import { openAppLeg } from "../steer/open-leg.ts";
import type { Inbound } from "./accept-inbound.ts";
import { chainOf } from "./chain-of.ts";

export function carryRequests(context: ProxyContext, inbound: Inbound): void {
  const { flow, socket, preface } = inbound;
  let series: TrafficSeries | undefined;
  const attribute = (next: TrafficSeries) => {
    if (next === series) return;
    if (series !== undefined) series.closedCount++;
    next.openedCount++;
    series = next;
    attributeTo(next, socket, false);
  };
  const gateway = new Http1Gateway(context, {
    downstream: socket,
    route: (request) => routeOf(context, inbound, request, attribute),
    // Whoever dialled knows better.
    repeats: false,
    onClosed: () => {
      if (series !== undefined) series.closedCount++;
      flow.over();
    },
  });
  const { bytes, from, to } = preface.rest;
  if (to === from || gateway.take(bytes, from, to)) socket.resume();
  flow.become(gateway);
}

function routeOf(
  context: ProxyContext,
  inbound: Inbound,
  request: Http1Scanner,
  attribute: (series: TrafficSeries) => void,
): RequestRoute {
  const read = readServicePathOfHead(request);
  if (read === undefined) return refused(400, "path-missing", "the request carries no weft-nsh");
  if (read.kind === "rejected") return refused(400, "path-malformed", read.reason);
  const servicePath = read.header;
  const series = context.series.seriesFor(labelsOf(context, inbound, servicePath));
  attribute(series);
  // By the newest snapshot: a path may have become known since the connection began.
  const table = context.routes() ?? inbound.table;
  const { source, destination } = inbound.preface;
  const key = `${servicePath.spi} ${servicePath.serviceIndex}`;
  const fits = () => true;
  if (servicePath.serviceIndex === 0) {
    return { kind: "leg", key, fits, series, open: () => openAppLeg(context, destination.port) };
  }
  const route = table.hopFor(servicePath.spi, servicePath.serviceIndex);
  if (route === undefined) return refused(503, "unknown-path", `path ${key} does not lead here`);
  const open = () => openFunctionLeg(context, { table, route, servicePath, source, destination, mode: "request" });
  return { kind: "leg", key, fits, series, open };
}

function labelsOf(context: ProxyContext, { table, peer }: Inbound, servicePath: ServicePathHeader) {
  const chain = chainOf(context.routes() ?? table, servicePath);
  const path = { ...servicePath, chain };
  return trafficLabels({ reporter: "destination", source: peer, destination: table.self, path }, "http");
}

function refused(statusCode: number, code: string, reason: string): RequestRoute {
  return { kind: "refused", statusCode, code, reason };
}
