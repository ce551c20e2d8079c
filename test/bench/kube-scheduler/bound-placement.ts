/** Where the API server says that pods stand, and what their traffic costs there: nothing that a scheduler claims goes into it. */
import { type ClusterNode, clusterNodeOf, type NodeObject } from "../../../core/model/cluster-node.ts";
import type { PairTraffic, Placement } from "../../../core/model/placement.ts";
import { type PodObject, podOf } from "../../../core/model/pod.ts";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import { workloadKey } from "../../../core/model/workload.ts";
import type { BenchCluster } from "./bench-cluster.ts";

export async function boundPlacement(cluster: BenchCluster): Promise<Placement> {
  const nodes = (await cluster.list<NodeObject>("/api/v1/nodes")).map(clusterNodeOf);
  const places = new Map(nodes.map(({ name, place }: ClusterNode) => [name, place]));
  const pods = (await cluster.list<PodObject>("/api/v1/pods")).map(podOf);
  const byWorkload = Map.groupBy(pods, ({ workload }) => workloadKey(workload));
  return new Map(
    [...byWorkload].map(([key, all]) => [
      key,
      all.flatMap(({ node }) => (node === undefined ? [] : [places.get(node) ?? { node }])),
    ]),
  );
}

/** The profile's flows among the workloads of each namespace. */
export function trafficIn(namespaces: readonly string[], { flows }: TrafficProfile): readonly PairTraffic[] {
  return namespaces.flatMap((namespace) =>
    flows.map(({ source, destination, requestBytesPerSecond, responseBytesPerSecond }) => ({
      source: workloadKey({ namespace, name: source }),
      destination: workloadKey({ namespace, name: destination }),
      bytesPerSecond: requestBytesPerSecond + responseBytesPerSecond,
    })),
  );
}
