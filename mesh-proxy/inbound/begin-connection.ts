/** The two steps with which a connection on the mesh port becomes a flow. */
import { NOTICE } from "../codec/notice.ts";
import type { ConnectionMeter } from "../meter/connection-meter.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { sendNotice } from "../steer/await-acceptance.ts";
import { meterConnection } from "../steer/meter-connection.ts";
import type { Inbound } from "./accept-inbound.ts";
import { chainOf } from "./chain-of.ts";

/** Says that the connection is taken, and counts it from now on, also at the hop of its path. */
export function beginConnection(
  context: ProxyContext,
  { table, peer, socket, preface, facts }: Inbound,
  hop: HopSeries | undefined,
): ConnectionMeter {
  const { servicePath, wantsNotices } = preface.tlvs;
  const path = servicePath && { ...servicePath, chain: chainOf(table, servicePath) };
  const isMutualTls = socket.peer !== undefined;
  const traffic = { reporter: "destination", source: peer, destination: table.self, isMutualTls, path } as const;
  if (wantsNotices === true) {
    sendNotice(socket, NOTICE.accepted);
    socket.startCounting(preface.rest.to - preface.rest.from);
  }
  const seriesFor = (protocol: "tcp" | "http") => context.series.seriesFor(trafficLabels(traffic, protocol));
  facts.function = hop?.labels.weft_function;
  return meterConnection(context, socket, { isDialled: false, seriesFor, hop, facts });
}

/** Passes on what came with the preface, and reads on. */
export function passRest({ socket, preface }: Inbound, meter: ConnectionMeter): void {
  const { bytes, from, to } = preface.rest;
  if (to > from) meter.read(bytes, from, to);
  if (to === from || socket.onBytes(bytes, from, to)) socket.resume();
}
