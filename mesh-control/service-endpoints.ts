/** Where a pod's traffic to a Service goes while no chain takes it. */
import { hopWeightSum } from "../core/model/chain.ts";
import type { WeightedEndpoint } from "../core/model/mesh-snapshot.ts";
import { podKey } from "../core/model/pod.ts";
import type { Service, ServicePort } from "../core/model/service.ts";
import { integerWeights } from "./integer-weights.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import type { ServiceSplit } from "./service-splits.ts";

/**
 * Every live pod of the Service, with weights that sum to 10,000: this node's arcs of the balanced split, each shared
 * equally by the destination node's pods. Pods that get nothing stay with weight 0, for when no other is left.
 */
export function serviceEndpoints(
  index: MeshIndex,
  source: MeshPod,
  service: Service,
  port: ServicePort,
): readonly WeightedEndpoint[] {
  const pods = index.splits.endpointPods(service);
  const shareByNode = shareOfNodes(index.splits.between(source, service), source.node);
  const podsByNode = Map.groupBy(pods, (pod) => pod.node);
  const shares = pods.map(({ node }) => (shareByNode.get(node) ?? 0) / (podsByNode.get(node)?.length ?? 1));
  const weights = integerWeights(shares, hopWeightSum);
  return pods.map((pod, at) => weightedEndpoint(index, { from: source, to: pod }, port.targetPort, weights[at] ?? 0));
}

export function weightedEndpoint(
  index: MeshIndex,
  { from, to }: { readonly from: MeshPod; readonly to: MeshPod },
  appPort: number,
  weight: number,
): WeightedEndpoint {
  const { address, port } = index.endpointAddress(from.node, to);
  return { pod: podKey(to), address, port, appPort, weight };
}

function shareOfNodes({ sources, destinations, arcs }: ServiceSplit, node: string): ReadonlyMap<string, number> {
  const source = sources.findIndex(({ place }) => place.node === node);
  const shares = new Map<string, number>();
  for (const arc of arcs) {
    const destination = destinations[arc.destination]?.place.node;
    if (arc.source !== source || destination === undefined) continue;
    shares.set(destination, (shares.get(destination) ?? 0) + arc.fraction);
  }
  return shares;
}
