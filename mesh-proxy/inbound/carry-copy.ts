/** A connection with a tap's copy of one direction of a flow: to the function, and no further. */
import { NOTICE, type Notice } from "../codec/notice.ts";
import { countBytes } from "../meter/count-bytes.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { letGo } from "../relay/let-go.ts";
import { pump } from "../relay/pump.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import { sendNotice } from "../steer/await-acceptance.ts";
import { dialDirection } from "../steer/dial-function.ts";
import type { Inbound } from "./accept-inbound.ts";

export async function carryCopy(
  context: ProxyContext,
  inbound: Inbound,
  refuse: (by: RefusalReason, reason: string, notice?: Notice) => void,
): Promise<void> {
  const { table, peer, socket, preface } = inbound;
  const { servicePath, copyOf = "request" } = preface.tlvs;
  const route = servicePath && table.hopFor(servicePath.spi, servicePath.serviceIndex);
  if (servicePath === undefined || route?.hop.function.mode !== "Tap")
    return refuse("unknown_path", "a copy is for a tap, and there is none here on its path", NOTICE.stranded);
  const result = await dialDirection(context, { ...preface, route, servicePath }, copyOf);
  if (result.kind === "failed") {
    context.own.connectFailureCount++;
    return refuse("function_refused", `tap ${route.hop.function.name}: ${result.reason}`, NOTICE.refused);
  }
  if (socket.isClosed) return result.socket.reset();
  sendNotice(socket, NOTICE.accepted);
  const { bytes, from, to } = preface.rest;
  socket.startCounting(to - from);
  const isMutualTls = socket.peer !== undefined;
  const traffic = { reporter: "destination", source: peer, destination: table.self, isMutualTls } as const;
  countBytes(context.series.seriesFor(trafficLabels(traffic, "tcp")), socket, false);
  passOn(context, inbound, result.socket);
  if (to === from || socket.onBytes(bytes, from, to)) socket.resume();
}

function passOn({ clock, config, own }: ProxyContext, { socket, flow }: Inbound, tap: ByteSocket): void {
  const group = new SocketGroup();
  group.onEmpty = () => flow.over();
  group.add(socket);
  group.add(tap);
  pump(socket, tap);
  // What a tap answers goes nowhere.
  tap.onBytes = () => true;
  tap.onEnd = () => {};
  tap.resume();
  socket.onEnd = () => {
    socket.end();
    letGo(tap, { clock, patienceMs: config.connectTimeoutMs }, () => {
      own.loseCopy("overrun");
      own.lostCopyByteCount += tap.socket.writableLength;
      group.reset();
    });
  };
  if (socket.hasEnded) socket.onEnd();
  flow.become({
    get byteCount() {
      return group.byteCount;
    },
    drain: () => {},
    cut: () => group.reset(),
  });
}
