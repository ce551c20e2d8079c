import type { MeshPeer, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { DialResult } from "../relay/dial.ts";
import type { RouteTable } from "../route/route-table.ts";
import { dialSecure } from "../tls/handshake.ts";

export interface Dialled {
  readonly table: RouteTable;
  readonly endpoint: WeightedEndpoint;
  /** No other endpoint can be tried: then one that is slow is waited for. */
  readonly isLast: boolean;
}

/** Puts TLS on a connection to another proxy, where both have certificates and the port takes it; else leaves it as it is. */
export async function secureDialled(
  { certificates, clock, buffers, config, own }: ProxyContext,
  { table, endpoint, isLast }: Dialled,
  dialled: Extract<DialResult, { kind: "connected" }>,
): Promise<DialResult> {
  const credentials = certificates.current;
  const peer = table.peerNamed(endpoint.pod);
  if (credentials === undefined || peer?.identity === undefined || !takesTls(peer, endpoint.appPort)) return dialled;
  const handshake = await dialSecure(dialled.socket, endpoint.pod, {
    clock,
    buffers,
    credentials,
    timeoutMs: isLast ? config.acceptTimeoutMs : config.takenTimeoutMs,
    expected: peer.identity,
  });
  if (handshake.kind === "failed") {
    own.countHandshake("dialled", "failed");
    return { kind: "failed", reason: handshake.reason, wasSilent: false };
  }
  own.countHandshake("dialled", handshake.isResumed ? "resumed" : "full");
  return { ...dialled, socket: handshake.socket };
}

function takesTls({ plainPorts, tlsPorts }: MeshPeer, port: number): boolean {
  return plainPorts?.includes(port) !== true && tlsPorts?.includes(port) !== false;
}
