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
 * Every live pod of the Service, with weights that sum to 10,000: what is shared among sites goes in the plan's parts, all else by this node's
 * arcs of the balanced split. Pods of one site, or of one node, get the same. Pods that get nothing stay with weight 0, for when no other is left.
 */
export function serviceEndpoints(
  index: MeshIndex,
  source: MeshPod,
  service: Service,
  port: ServicePort,
): readonly WeightedEndpoint[] {
  const pods = index.splits.endpointPods(service);
  const shares = sharesBySite(index, source, service) ?? sharesByNode(index, source, service);
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

/** By endpoint pod. Undefined where the Service's load is not shared, or the plan says nothing of the pod's site. */
function sharesBySite(index: MeshIndex, source: MeshPod, service: Service): readonly number[] | undefined {
  const sites = index.sites.of(service);
  const parts = sites?.plan.partsFrom(sites.siteOf(source.node));
  if (!sites || !parts) return undefined;
  return dividedEqually(index, service, (pod) => sites.siteOf(pod.node), parts);
}

function sharesByNode(index: MeshIndex, source: MeshPod, service: Service): readonly number[] {
  const shareByNode = shareOfNodes(index.splits.between(source, service), source.node);
  return dividedEqually(index, service, (pod) => pod.node, shareByNode);
}

/** By endpoint pod: its equal part of its group's share. */
function dividedEqually(
  { splits }: MeshIndex,
  service: Service,
  groupOf: (pod: MeshPod) => string,
  shares: ReadonlyMap<string, number>,
): readonly number[] {
  const pods = splits.endpointPods(service);
  const groups = Map.groupBy(pods, groupOf);
  return pods.map((pod) => (shares.get(groupOf(pod)) ?? 0) / (groups.get(groupOf(pod))?.length ?? 1));
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
