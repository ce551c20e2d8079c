/** Where a connection was going before the kernel redirected it to this proxy. */
import { canonicalIpAddress } from "../../core/model/ip-address.ts";
import { socketFd } from "../../platform/system-calls/socket-fd.ts";
import { originalDestination } from "../../platform/system-calls/socket-options.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";

/** Undefined where the kernel knows of none, which is so of a connection that is closed already. */
export function destinationOf(calls: SystemCalls, { socket }: ByteSocket): SocketEndpoint | undefined {
  // On a socket of both families IPv4 has its own table.
  const family = canonicalIpAddress(socket.localAddress ?? "").includes(":") ? "IPv6" : "IPv4";
  const found = originalDestination(calls, socketFd(socket), family);
  return typeof found === "number" ? undefined : { address: canonicalIpAddress(found.address), port: found.port };
}
