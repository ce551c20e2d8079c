/** The facts of a flow at either end of the mesh. */
import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import { type Traffic, trafficLabels, unknownPeer } from "../meter/traffic-labels.ts";
import type { FlowFacts } from "./observation.ts";

/** Of what the pod's own application sends. @param service undefined where a function sends it on */
export function sourceFacts(
  self: MeshPeer | undefined,
  client: SocketEndpoint,
  service?: Traffic["service"],
): FlowFacts {
  const traffic = { reporter: "source", source: self ?? unknownPeer, destination: unknownPeer, service } as const;
  return { side: "source", client, labels: (protocol) => trafficLabels(traffic, protocol) };
}

export interface ArrivedFlow {
  /** Undefined before the first snapshot. */
  readonly self: MeshPeer | undefined;
  /** Undefined for a stranger. */
  readonly peer: MeshPeer | undefined;
  readonly client: SocketEndpoint | undefined;
  readonly identity: string | undefined;
}

/** Of what another proxy sends. */
export function destinationFacts({ self, peer, client, identity }: ArrivedFlow): FlowFacts {
  const ends = { source: peer ?? unknownPeer, destination: self ?? unknownPeer };
  const traffic = { reporter: "destination", ...ends, isMutualTls: identity !== undefined } as const;
  return { side: "destination", client, identity, labels: (protocol) => trafficLabels(traffic, protocol) };
}
