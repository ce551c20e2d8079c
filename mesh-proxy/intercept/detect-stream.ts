/** What an intercepted connection to a Service's port speaks. */
import type { AppProtocol } from "../../core/model/service.ts";
import type { DetectedProtocol } from "../codec/detect-protocol.ts";
import { readFirstWords } from "../outbound/read-first-words.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { UpstreamRoute } from "../route/route-table.ts";

/**
 * What is declared, if anything is; else what the first bytes say, and TCP for a client that waits for its server's. Waits at most
 * `detectTimeoutMs`, for at most the few bytes that tell, and not at all on opaque ports. Chains on such a port take whole connections,
 * so there is nothing to find out.
 */
export async function detectStream(
  context: ProxyContext,
  socket: ByteSocket,
  { upstream, courses }: UpstreamRoute,
): Promise<AppProtocol> {
  const { opaquePorts, detectTimeoutMs } = context.config;
  if (upstream.isUndeclared !== true || opaquePorts.includes(upstream.port)) return upstream.protocol;
  if (courses.some(({ path, blockedBy }) => path !== undefined || blockedBy !== undefined)) return upstream.protocol;
  return streamOf(await readFirstWords(socket, context, detectTimeoutMs)) ?? upstream.protocol;
}

function streamOf(detected: DetectedProtocol): AppProtocol | undefined {
  if (detected === "http1") return "http1";
  return detected === "http2" ? "h2c" : undefined;
}
