/** Whether what stands behind a proxy answers, for a probe that is to find out. */
import { Buffer } from "node:buffer";
import { encodeProxyHeader } from "../codec/proxy-protocol.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { dial } from "../relay/dial.ts";
import type { HopRoute } from "../route/route-table.ts";
import { dialDeps } from "../steer/dial-mesh.ts";
import type { Preface } from "../steer/read-preface.ts";
import type { AskedRecord } from "./probe-record.ts";

/** What functions get to see of a probe; they may make of it what they like. */
const PROBE_BYTES = Buffer.from("weft-probe\r\n");

/** Opens a connection as a flow would and waits for bytes to come back; a function that is not in mode Forward gives none back and gets none. */
export async function askFunction(
  context: ProxyContext,
  { hop }: HopRoute,
  { source, destination }: Preface,
): Promise<AskedRecord> {
  const { port, hasProxyProtocol, mode } = hop.function;
  const result = await dial({ host: context.config.appHost, port }, dialDeps(context));
  if (result.kind === "failed") return { kind: "asked", reason: result.reason };
  const { socket, connectMs } = result;
  if (mode !== "Forward") {
    socket.destroy();
    return { kind: "asked", connectMs };
  }
  const header = encodeProxyHeader({ source, destination, tlvs: { direction: "request" } });
  socket.writeAll([...(hasProxyProtocol ? [header] : []), PROBE_BYTES]);
  return { kind: "asked", connectMs, ...(await firstAnswer(context, socket)) };
}

/** Only whether it takes connections: what it would make of a probe's bytes is its own matter. */
export async function askApplication(context: ProxyContext, port: number): Promise<AskedRecord> {
  const result = await dial({ host: context.config.appHost, port }, dialDeps(context));
  if (result.kind === "failed") return { kind: "asked", reason: result.reason };
  result.socket.destroy();
  return { kind: "asked", connectMs: result.connectMs };
}

function firstAnswer(
  { clock, config }: ProxyContext,
  socket: ByteSocket,
): Promise<Pick<AskedRecord, "answerMs" | "reason">> {
  const startMs = clock.nowMs();
  return new Promise((resolve) => {
    const answer = (said: Pick<AskedRecord, "answerMs" | "reason">) => {
      cancel();
      socket.onClosed = () => {};
      socket.reset();
      resolve(said);
    };
    const timeoutMs = config.connectTimeoutMs;
    const cancel = clock.after(timeoutMs, () => answer({ reason: `gave nothing back within ${timeoutMs} ms` }));
    socket.onEnd = () => answer({ reason: "ended without giving anything back" });
    socket.onClosed = (error) => answer({ reason: error?.message ?? "closed without giving anything back" });
    socket.onBytes = () => {
      answer({ answerMs: clock.nowMs() - startMs });
      return true;
    };
    socket.resume();
  });
}
