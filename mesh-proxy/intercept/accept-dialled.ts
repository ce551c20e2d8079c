/** Takes a connection of the pod's application that the kernel redirected on its way to anywhere. */
import { messageOf } from "../../core/model/weft-error.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import { formatEndpoint, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { Http2Upstreams } from "../http2-gateway/http2-upstreams.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { sourceFacts } from "../observe/flow-facts.ts";
import { watchRefusal } from "../observe/flow-watch.ts";
import { acceptOutbound, clientOf } from "../outbound/accept-outbound.ts";
import { isProxyPort } from "../proxy-config.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { detectStream } from "./detect-stream.ts";
import { destinationOf } from "./original-destination.ts";
import type { PassThrough } from "./pass-through.ts";

export interface Interceptor {
  readonly calls: SystemCalls;
  readonly http2: Http2Upstreams;
  readonly passThrough: PassThrough;
}

export async function acceptDialled(
  context: ProxyContext,
  { calls, http2, passThrough }: Interceptor,
  socket: ByteSocket,
): Promise<void> {
  const { config, own, log } = context;
  const table = context.routes();
  const facts = sourceFacts(table?.self, clientOf(context, socket));
  const refuse = (by: RefusalReason, reason: string) => {
    own.refuseConnection(by);
    log.debug("refused an intercepted connection", { by, reason });
    watchRefusal(context.observer, facts, by, context.clock.nowMs());
    socket.reset();
  };
  const destination = destinationOf(calls, socket);
  if (destination === undefined || isOwn(socket, destination, (port) => isProxyPort(config, port)))
    return refuse("not_intercepted", "it was dialled at the proxy's own port");
  if (table === undefined) return refuse("no_snapshot", "there is no snapshot yet");
  const { address, port } = destination;
  const name = formatEndpoint(destination);
  facts.upstream = name;
  if (table.upstreamTo(address, port) !== undefined) {
    const detect = detectStream.bind(undefined, context);
    await acceptOutbound(context, { name, routeIn: (now) => now.upstreamTo(address, port), http2, detect }, socket);
  } else if (config.interceptUnknown === "refuse")
    refuse("unknown_destination", `the mesh knows no Service at ${name}`);
  else {
    try {
      await passThrough.carry({ table, socket, destination, facts }, refuse);
    } catch (error) {
      log.error("an intercepted connection failed", { error: messageOf(error) });
      socket.reset();
    }
  }
}

/** Without redirection the kernel names where the connection came to. */
function isOwn(
  { socket }: ByteSocket,
  { address, port }: SocketEndpoint,
  isOwnPort: (port: number) => boolean,
): boolean {
  return isOwnPort(port) && address === socket.localAddress;
}
