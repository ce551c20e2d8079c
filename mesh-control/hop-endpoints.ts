/** Resolves one hop of a path to the proxies that traffic can go to now. */
import type { PathHop, ServiceFunctionPath } from "../core/model/chain.ts";
import type { WeightedEndpoint } from "../core/model/mesh-snapshot.ts";
import type { Service, ServicePort } from "../core/model/service.ts";
import { type HopShares, hopShares } from "./hop-shares.ts";
import { livePod, type MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { serviceEndpoints, weightedEndpoint } from "./service-endpoints.ts";

/** A path with what it needs from the cluster, all of it there. */
export interface ResolvedPath {
  readonly path: ServiceFunctionPath;
  readonly service: Service;
  readonly port: ServicePort;
}

export interface HopSource {
  readonly pod: MeshPod;
  /** As the hop's weights call it: a node's name on the first hop, the pod's on later ones. */
  readonly name: string;
}

/**
 * Instances with the weights that the path gives them from this source. A dead one drops out and the others' weights stay.
 * Instances that this source has no weight for stay with weight 0, for when no other is left.
 */
export function functionEndpoints(
  index: MeshIndex,
  { path }: ResolvedPath,
  hop: PathHop,
  source: HopSource,
): readonly WeightedEndpoint[] {
  const port = index.functions.get(`${path.namespace}/${hop.function}`)?.port ?? 0;
  const instanceNamed = (name: string) => livePod(index, `${path.namespace}/${name}`);
  return endpointsOf(
    index,
    index.sharesOf(hop, () => hopShares(hop, instanceNamed)),
    source,
    port,
  );
}

/** The same for the last hop, of which only pods count that the Service still selects; without one left, all of the Service's. */
export function destinationEndpoints(
  index: MeshIndex,
  { service, port }: ResolvedPath,
  hop: PathHop,
  source: HopSource,
): readonly WeightedEndpoint[] {
  const shares = index.sharesOf(hop, () => {
    const selected = new Map(index.splits.endpointPods(service).map((pod) => [pod.name, pod]));
    return hopShares(hop, (name) => selected.get(name));
  });
  const endpoints = endpointsOf(index, shares, source, port.targetPort);
  return endpoints.length > 0 ? endpoints : serviceEndpoints(index, source.pod, service, port);
}

function endpointsOf(
  index: MeshIndex,
  shares: HopShares,
  { pod, name }: HopSource,
  port: number,
): readonly WeightedEndpoint[] {
  const weights = shares.from(name);
  return shares.pods.map((to) => weightedEndpoint(index, { from: pod, to }, port, weights.get(to.name) ?? 0));
}
