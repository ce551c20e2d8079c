import type { ServiceFunction, ServiceFunctionChain, ServiceFunctionPath } from "../model/chain.ts";
import type { ClusterNode } from "../model/cluster-node.ts";
import type { HttpRoute } from "../model/http-route.ts";
import type { MeshPolicy } from "../model/mesh-policy.ts";
import type { PlacementPlan } from "../model/placement-plan.ts";
import type { Pod } from "../model/pod.ts";
import type { Service } from "../model/service.ts";

/** A live copy of one kind of object, kept by somebody else. */
export interface Collection<T> {
  /** False until the first complete list has been read. */
  readonly hasSynced: boolean;
  list(): readonly T[];
  /** By `namespace/name`, or by name for what has no namespace. */
  get(key: string): T | undefined;
  /** Calls after every change, any number of changes at a time; the answer unsubscribes. */
  subscribe(listener: () => void): () => void;
}

/** The Kubernetes objects that Weft reads. */
export interface ClusterView extends RoutedMeshView {
  readonly placementPlans: Collection<PlacementPlan>;
}

/** With what else proxies are told: where requests to Services go, and who may do what. */
export interface RoutedMeshView extends MeshView {
  /** Empty where the cluster has no Gateway API. */
  readonly httpRoutes: Collection<HttpRoute>;
  readonly grpcRoutes: Collection<HttpRoute>;
  readonly meshPolicies: Collection<MeshPolicy>;
}

/** Those that the mesh and its chains are made of. */
export interface MeshView {
  readonly pods: Collection<Pod>;
  readonly nodes: Collection<ClusterNode>;
  readonly services: Collection<Service>;
  readonly serviceFunctions: Collection<ServiceFunction>;
  readonly serviceFunctionChains: Collection<ServiceFunctionChain>;
  readonly serviceFunctionPaths: Collection<ServiceFunctionPath>;
}
