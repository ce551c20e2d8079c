/** A probe that arrives: this proxy says who it is, and sends the probe on along the path as it would a flow. */
import { messageOf } from "../../core/model/weft-error.ts";
import { NOTICE } from "../codec/notice.ts";
import type { Inbound } from "../inbound/accept-inbound.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { pump } from "../relay/pump.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import { chooseNextHop } from "../route/choose-destination.ts";
import type { HopRoute } from "../route/route-table.ts";
import { sendNotice } from "../steer/await-acceptance.ts";
import { dialMesh } from "../steer/dial-mesh.ts";
import { askApplication, askFunction } from "./ask-function.ts";
import { encodeRecord, type ProbeRecord } from "./probe-record.ts";

const REASON_LENGTH_MAX = 500;
/** Whoever sent the probe has given it up by then. */
const PROBE_MS_MAX = 60_000;

/** Never rejects. Everything goes back on the probe's own connection, which then ends. */
export async function answerProbe(context: ProxyContext, inbound: Inbound): Promise<void> {
  const { flow, socket } = inbound;
  const group = new SocketGroup();
  const leave = context.probes.enter();
  const cancel = context.clock.after(PROBE_MS_MAX, () => group.reset());
  group.onEmpty = () => {
    cancel();
    leave?.();
    flow.over();
  };
  group.add(socket);
  flow.become({ byteCount: 0, drain: () => {}, cut: () => group.reset() });
  // A probe carries no bytes; whoever sends some does not get them read.
  socket.onBytes = () => true;
  socket.onEnd = () => {};
  socket.resume();
  const stop = (reason: string) => {
    tell(socket, { kind: "stopped", pod: inbound.table.self.pod, reason: reason.slice(0, REASON_LENGTH_MAX) });
    socket.end();
  };
  context.own.probeCount++;
  sendNotice(socket, NOTICE.accepted);
  if (leave === undefined) return stop("too many probes at a time");
  try {
    await goOn(context, inbound, group, stop);
  } catch (error) {
    stop(messageOf(error));
  }
}

async function goOn(
  context: ProxyContext,
  { table, socket, preface }: Inbound,
  group: SocketGroup,
  stop: (reason: string) => void,
): Promise<void> {
  const { source, destination, tlvs } = preface;
  const { servicePath, probe } = tlvs;
  if (servicePath === undefined || tlvs.perRequest === true) return stop("the probe names no path");
  const { spi, serviceIndex } = servicePath;
  const route = table.hopFor(spi, serviceIndex);
  const chain = route?.hop.chain ?? (serviceIndex === 0 ? (table.arrivingChain(spi) ?? "unknown") : undefined);
  if (chain === undefined) return stop(`path ${spi} at index ${serviceIndex} does not lead here`);
  const { pod, node } = table.self;
  tell(socket, { kind: "hop", pod, node, chain, spi, serviceIndex, function: route?.hop.function.name });
  if (probe === "functions") {
    const asks = route === undefined ? askApplication(context, destination.port) : askFunction(context, route, preface);
    tell(socket, await asks);
  }
  if (route === undefined) return socket.end();
  const choose = (isExcluded: Parameters<HopRoute["pick"]>[1]) => chooseNextHop(route, servicePath, source, isExcluded);
  const next = await dialMesh(context, { table, source, mode: "connection", choose, probe });
  if (next.kind === "failed") return stop(next.reason);
  if (socket.isClosed || group.isFailed) return next.socket.reset();
  tell(socket, { kind: "link", connectMs: next.connectMs, answerMs: next.answerMs });
  group.add(next.socket);
  socket.onEnd = () => next.socket.end();
  if (socket.hasEnded) next.socket.end();
  pump(next.socket, socket);
  next.socket.resume();
}

function tell(socket: ByteSocket, said: ProbeRecord): void {
  const bytes = encodeRecord(said);
  socket.write(bytes, 0, bytes.length);
}
