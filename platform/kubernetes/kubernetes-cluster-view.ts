/** ClusterView by one reflector for each kind that a component reads. */
import type { ServiceFunction, ServiceFunctionChain, ServiceFunctionPath } from "../../core/model/chain.ts";
import { type ClusterNode, clusterNodeOf, type NodeObject } from "../../core/model/cluster-node.ts";
import { ConstraintPool } from "../../core/model/constraint-pool.ts";
import type { HttpRoute } from "../../core/model/http-route.ts";
import { invariant } from "../../core/model/invariant.ts";
import type { MeshPolicy } from "../../core/model/mesh-policy.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import type { PlacementPlan } from "../../core/model/placement-plan.ts";
import { type Pod, type PodObject, podKey, podOf } from "../../core/model/pod.ts";
import { type Service, type ServiceObject, serviceKey, serviceOf } from "../../core/model/service.ts";
import type { ClusterView, MeshView, RoutedMeshView } from "../../core/ports/cluster-view.ts";
import { gatewayPath } from "./gateway-resources.ts";
import type { Rejection } from "./object-mirror.ts";
import { type Reflector, type ReflectorParts, startReflector } from "./reflector.ts";
import type { ReflectorStats } from "./reflector-stats.ts";
import { weftPath, weftPaths } from "./weft-resources.ts";

/** What the mesh and its chains are made of. */
export const meshKinds = [
  "pods",
  "nodes",
  "services",
  "serviceFunctions",
  "serviceFunctionChains",
  "serviceFunctionPaths",
] as const satisfies readonly (keyof MeshView)[];
/** With where requests go, and who may do what. */
export const routedMeshKinds = [
  ...meshKinds,
  "httpRoutes",
  "grpcRoutes",
  "meshPolicies",
] as const satisfies readonly (keyof RoutedMeshView)[];
export const clusterKinds = [...routedMeshKinds, "placementPlans"] as const satisfies readonly (keyof ClusterView)[];
export type ClusterKind = (typeof clusterKinds)[number];

/** Reads custom objects; the composition root takes them from platform/schema. */
export interface ObjectReaders {
  readonly serviceFunctions: (raw: unknown) => Parsed<ServiceFunction>;
  readonly serviceFunctionChains: (raw: unknown) => Parsed<ServiceFunctionChain>;
  readonly serviceFunctionPaths: (raw: unknown) => Parsed<ServiceFunctionPath>;
  readonly meshPolicies: (raw: unknown) => Parsed<MeshPolicy>;
  readonly placementPlans: (raw: unknown) => Parsed<PlacementPlan>;
  readonly httpRoutes: (raw: unknown) => Parsed<HttpRoute>;
  readonly grpcRoutes: (raw: unknown) => Parsed<HttpRoute>;
}

export interface ClusterViewOptions<K extends ClusterKind> extends ReflectorParts {
  /** Only these are listed and watched, and only these does the view have. */
  readonly kinds: readonly K[];
  /** Needed for those of `kinds` that are no built-in ones. */
  readonly readers?: Partial<ObjectReaders>;
  /** The only namespace whose plans are read: its leader's. Those of all unless told. */
  readonly plansNamespace?: string;
}

export type KubernetesClusterView<K extends ClusterKind = ClusterKind> = Pick<ClusterView, K> & {
  /** Kinds whose first list has not been read yet: why the component is not ready. */
  unsynced(): readonly K[];
  /** By kind, for metrics. */
  stats(): Readonly<Record<K, ReflectorStats>>;
  /** Objects that cannot be read as they are now, by kind. */
  rejections(): Readonly<Record<K, readonly Rejection[]>>;
  stop(): Promise<void>;
};

/** Starts listing and watching at once. */
export function openClusterView<K extends ClusterKind>(options: ClusterViewOptions<K>): KubernetesClusterView<K> {
  const reflectors = byKind(options.kinds, (kind) => startReflectorOf(kind, options));
  const collections = byKind(options.kinds, (kind) => reflectors[kind].collection);
  return {
    ...(collections as unknown as Pick<ClusterView, K>),
    unsynced: () => options.kinds.filter((kind) => !collections[kind].hasSynced),
    stats: () => byKind(options.kinds, (kind) => reflectors[kind].stats()),
    rejections: () => byKind(options.kinds, (kind) => reflectors[kind].rejections()),
    async stop() {
      await Promise.all(options.kinds.map((kind) => reflectors[kind].stop()));
    },
  };
}

function startReflectorOf(
  kind: ClusterKind,
  { readers = {}, plansNamespace, ...parts }: ClusterViewOptions<ClusterKind>,
): Reflector<unknown> {
  switch (kind) {
    case "pods": {
      const pool = new ConstraintPool();
      const read = readWith<PodObject, Pod>((object) => pool.sharing(podOf(object)));
      return startReflector<Pod>({ ...parts, path: "/api/v1/pods", keyOf: podKey, read });
    }
    case "nodes": {
      const read = readWith<NodeObject, ClusterNode>(clusterNodeOf);
      return startReflector<ClusterNode>({ ...parts, path: "/api/v1/nodes", keyOf: ({ name }) => name, read });
    }
    case "services": {
      const read = readWith<ServiceObject, Service>(serviceOf);
      return startReflector<Service>({ ...parts, path: "/api/v1/services", keyOf: serviceKey, read });
    }
    default: {
      const read: ((raw: unknown) => Parsed<Namespaced>) | undefined = readers[kind];
      invariant(read, `no reader for ${kind} was given`);
      if (kind === "httpRoutes" || kind === "grpcRoutes") {
        const path = gatewayPath(kind);
        return startReflector<Namespaced>({ ...parts, path, keyOf: namespacedKey, read, isOptional: true });
      }
      const isOfOne = kind === "placementPlans" && plansNamespace !== undefined;
      const path = isOfOne ? weftPath(kind, plansNamespace) : weftPaths[kind];
      return startReflector<Namespaced>({ ...parts, path, keyOf: namespacedKey, read });
    }
  }
}

interface Namespaced {
  readonly namespace: string;
  readonly name: string;
}

function namespacedKey({ namespace, name }: Namespaced): string {
  return `${namespace}/${name}`;
}

/** Built-in objects have been validated by the API server: what they hold is of the declared types. */
function readWith<O, T>(map: (object: O) => T): (raw: unknown) => Parsed<T> {
  return (raw) => ({ kind: "parsed", value: map(raw as O) });
}

function byKind<K extends ClusterKind, V>(kinds: readonly K[], ofKind: (kind: K) => V): Record<K, V> {
  return Object.fromEntries(kinds.map((kind) => [kind, ofKind(kind)])) as Record<K, V>;
}
