/** A sound mesh snapshot of a client pod whose traffic to `dn` passes a firewall and a DPI; tests change what they are about. */
import type {
  ForwardingHop,
  MeshPeer,
  MeshSnapshot,
  Upstream,
  WeightedEndpoint,
} from "../../core/model/mesh-snapshot.ts";

const pods = ["edge/client-0", "edge/fw-0", "edge/fw-1", "edge/dpi-0", "edge/dn-0", "edge/dn-1"];

export function buildSnapshot(changes: Partial<MeshSnapshot> = {}): MeshSnapshot {
  return {
    version: 3,
    proxy: "edge/client-0",
    peers: pods.map(buildPeer),
    upstreams: [buildUpstream()],
    hops: [],
    ...changes,
  };
}

/** The address follows from the pod's place in the list above. */
export function buildPeer(pod: string): MeshPeer {
  return { pod, address: addressOf(pod), workload: workloadOf(pod), node: "worker-1", app: workloadOf(pod) };
}

export function buildEndpoint(pod: string, changes: Partial<WeightedEndpoint> = {}): WeightedEndpoint {
  return { pod, address: addressOf(pod), port: 15008, appPort: 8080, weight: 1, ...changes };
}

export function buildUpstream(changes: Partial<Upstream> = {}): Upstream {
  return {
    listenPort: 15_011,
    namespace: "edge",
    service: "dn",
    port: 80,
    protocol: "tcp",
    endpoints: [buildEndpoint("edge/dn-0"), buildEndpoint("edge/dn-1")],
    ...changes,
  };
}

export function buildHop(changes: Partial<ForwardingHop> = {}): ForwardingHop {
  return {
    chain: "edge/inspect",
    spi: 7,
    serviceIndex: 2,
    function: { name: "fw", port: 9000, hasProxyProtocol: false, failurePolicy: "Block", mode: "Forward" },
    isSymmetric: true,
    next: [buildEndpoint("edge/dpi-0")],
    protocol: "tcp",
    ...changes,
  };
}

function addressOf(pod: string): string {
  return `10.0.0.${pods.indexOf(pod) + 1}`;
}

function workloadOf(pod: string): string {
  return pod.slice(pod.indexOf("/") + 1, pod.lastIndexOf("-"));
}
