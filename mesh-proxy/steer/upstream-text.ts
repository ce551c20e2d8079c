import { formatEndpoint } from "../codec/proxy-protocol.ts";
import type { Leg } from "./leg.ts";

/** Where a flow goes from here, as `address:port`. */
export function upstreamText({ endpoint, request }: Leg): string {
  if (endpoint !== undefined) return formatEndpoint(endpoint);
  const { remoteAddress = "", remotePort = 0 } = request.socket;
  return formatEndpoint({ address: remoteAddress, port: remotePort });
}
