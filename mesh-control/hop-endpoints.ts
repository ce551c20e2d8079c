/** Resolves one hop of a path to the proxies that traffic can go to now. */
import type { HopWeight, PathHop, ServiceFunctionPath } from "../core/model/chain.ts";
import type { WeightedEndpoint } from "../core/model/mesh-snapshot.ts";
import { podKey } from "../core/model/pod.ts";
import type { Service, ServicePort } from "../core/model/service.ts";
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
 * Instances that this source has no weight for stay with weight 0, for when no other is left; a source that the path knows
 * nothing of, such as a node that got its first classifier since, takes the weights of all sources together.
 */
export function functionEndpoints(
  index: MeshIndex,
  { path }: ResolvedPath,
  hop: PathHop,
  source: HopSource,
): readonly WeightedEndpoint[] {
  const port = index.functions.get(`${path.namespace}/${hop.function}`)?.port ?? 0;
  const isLiveInstance = (to: string) => livePod(index, `${path.namespace}/${to}`) !== undefined;
  return endpointsOf(index, { path, hop, source, port, isTaken: isLiveInstance });
}

/** The same for the last hop, of which only pods count that the Service still selects; without one left, all of the Service's. */
export function destinationEndpoints(
  index: MeshIndex,
  { path, service, port }: ResolvedPath,
  hop: PathHop,
  source: HopSource,
): readonly WeightedEndpoint[] {
  const selected = new Set(index.splits.endpointPods(service).map(podKey));
  const isTaken = (to: string) => selected.has(`${path.namespace}/${to}`);
  const endpoints = endpointsOf(index, { path, hop, source, port: port.targetPort, isTaken });
  return endpoints.length > 0 ? endpoints : serviceEndpoints(index, source.pod, service, port);
}

interface Resolution {
  readonly path: ServiceFunctionPath;
  readonly hop: PathHop;
  readonly source: HopSource;
  readonly port: number;
  readonly isTaken: (to: string) => boolean;
}

function endpointsOf(index: MeshIndex, { path, hop, source, port, isTaken }: Resolution): readonly WeightedEndpoint[] {
  const alive = hop.weights.filter(({ to }) => isTaken(to));
  const own = weightByPod(alive.filter(({ from }) => from === source.name));
  const all = weightByPod(alive);
  const weights = [...own.values()].some((weight) => weight > 0) ? own : all;
  const names = [...all.keys()].sort();
  return names.flatMap((name) => {
    const to = livePod(index, `${path.namespace}/${name}`);
    return to ? [weightedEndpoint(index, { from: source.pod, to }, port, weights.get(name) ?? 0)] : [];
  });
}

function weightByPod(weights: readonly HopWeight[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { to, weight } of weights) sums.set(to, (sums.get(to) ?? 0) + weight);
  return sums;
}
