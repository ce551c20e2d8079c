/** Labels of the traffic between two pods, as ARCHITECTURE.md's telemetry contract has them. */
import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";
import type { RequestProtocol } from "./connection-meter.ts";
import type { TrafficLabels } from "./traffic-series.ts";

/** Whoever is outside the mesh, or not known yet. */
export const unknownPeer: MeshPeer = {
  pod: "unknown/unknown",
  address: "",
  workload: "unknown",
  node: "unknown",
  app: "unknown",
};

export interface Traffic {
  readonly reporter: "source" | "destination";
  readonly source: MeshPeer;
  readonly destination: MeshPeer;
  /** Whether the connection is under TLS with certificates on both sides. */
  readonly isMutualTls?: boolean | undefined;
  /** Known to the source only: a PROXY header does not say which service was meant. */
  readonly service?: { readonly namespace: string; readonly service: string } | undefined;
  readonly path?: { readonly chain: string; readonly spi: number; readonly serviceIndex: number } | undefined;
}

export function trafficLabels(traffic: Traffic, protocol: RequestProtocol | "udp"): TrafficLabels {
  const { reporter, source, destination, isMutualTls, service, path } = traffic;
  return {
    reporter,
    source_workload: source.workload,
    source_workload_namespace: namespaceOf(source),
    source_pod: nameOf(source),
    source_node: source.node,
    source_app: source.app,
    destination_workload: destination.workload,
    destination_workload_namespace: namespaceOf(destination),
    destination_pod: nameOf(destination),
    destination_node: destination.node,
    destination_app: destination.app,
    destination_service:
      service === undefined ? "unknown" : `${service.service}.${service.namespace}.svc.cluster.local`,
    destination_service_name: service?.service ?? "unknown",
    destination_service_namespace: service?.namespace ?? "unknown",
    request_protocol: protocol,
    connection_security_policy: isMutualTls === true ? "mutual_tls" : "none",
    weft_chain: path?.chain ?? "",
    weft_spi: path === undefined ? "" : String(path.spi),
    weft_hop: path === undefined ? "" : String(path.serviceIndex),
  };
}

function namespaceOf({ pod }: MeshPeer): string {
  return pod.slice(0, Math.max(0, pod.indexOf("/")));
}

function nameOf({ pod }: MeshPeer): string {
  return pod.slice(pod.indexOf("/") + 1);
}
