/** The cluster as snapshots ask for it: read once per change, then shared by the snapshots of all proxies. */
import { type BranchFault, branchFault } from "../core/graph/chain-branches.ts";
import type { PathHop, ServiceFunction, ServiceFunctionChain, ServiceFunctionPath } from "../core/model/chain.ts";
import type { HttpRoute } from "../core/model/http-route.ts";
import { type MeshPeer, meshPort } from "../core/model/mesh-snapshot.ts";
import { type Pod, podKey } from "../core/model/pod.ts";
import { type Service, serviceKey } from "../core/model/service.ts";
import { trustDomainUnlessTold } from "../core/model/spiffe-id.ts";
import type { RoutedMeshView } from "../core/ports/cluster-view.ts";
import type { HopShares } from "./hop-shares.ts";
import { isLive, type MeshPod, meshPeerOf, meshPodsOf } from "./mesh-pods.ts";
import { type MeshPolicies, meshPolicies } from "./mesh-policies.ts";
import { type PathIndex, pathIndex } from "./path-index.ts";
import type { PathProofs } from "./path-proofs.ts";
import type { PathResolution } from "./resolve-path.ts";
import { type ServiceSplits, serviceSplits } from "./service-splits.ts";
import { type SiteMeasurements, type SitePlans, sitePlans } from "./site-plans.ts";

/** Where a proxy on `fromNode` dials the proxy of `pod`. */
export type EndpointAddress = (fromNode: string, pod: MeshPod) => { readonly address: string; readonly port: number };

/** Maps are by `namespace/name`. */
export interface MeshIndex {
  /** Every pod of the cluster, also one that is no peer. */
  readonly pods: ReadonlyMap<string, Pod>;
  readonly meshPods: ReadonlyMap<string, MeshPod>;
  /** Every pod of the mesh, by name. */
  readonly peers: readonly MeshPeer[];
  readonly services: ReadonlyMap<string, Service>;
  readonly routes: readonly HttpRoute[];
  /** Those with the Service among their parents. */
  readonly routesTo: (service: Service) => readonly HttpRoute[];
  readonly functions: ReadonlyMap<string, ServiceFunction>;
  readonly chains: ReadonlyMap<string, ServiceFunctionChain>;
  /** Chains that branch nothing off, and why. */
  readonly branchFaults: ReadonlyMap<string, BranchFault>;
  readonly paths: PathIndex;
  readonly splits: ServiceSplits;
  /** Worked out once for all proxies. */
  readonly sharesOf: (hop: PathHop, compute: () => HopShares) => HopShares;
  readonly resolutionOf: (path: ServiceFunctionPath, compute: () => PathResolution) => PathResolution;
  readonly sites: SitePlans;
  readonly endpointAddress: EndpointAddress;
  /** Undefined while flows prove nothing. */
  readonly proofs: PathProofs | undefined;
  readonly policies: MeshPolicies;
}

/** A proxy listens at the mesh port on its pod's address, but for the lab's emulated links. */
const directAddress: EndpointAddress = (_fromNode, pod) => ({ address: pod.address, port: meshPort });

export interface IndexOptions {
  readonly endpointAddress?: EndpointAddress | undefined;
  /** Without it no Service's load is shared among sites. */
  readonly sharing?: SiteMeasurements | undefined;
  /** Without it flows prove nothing. */
  readonly proofs?: PathProofs | undefined;
  /** Of the pods' SPIFFE ids; `cluster.local` unless told. */
  readonly trustDomain?: string | undefined;
}

const unshared: SitePlans = { of: () => undefined };

/** Time and memory O(pods + services + functions + chains + weights of paths); splits, shares and sites' plans are computed when asked for. */
export function indexMesh(view: RoutedMeshView, options: IndexOptions = {}): MeshIndex {
  const { endpointAddress, sharing, proofs, trustDomain = trustDomainUnlessTold } = options;
  const pods = view.pods.list();
  const services = view.services.list();
  const policies = meshPolicies({ policies: view.meshPolicies.list(), services, trustDomain });
  const meshPods = meshPodsOf(pods);
  const routes = [...view.httpRoutes.list(), ...view.grpcRoutes.list()];
  const places = new Map(view.nodes.list().map((node) => [node.name, node.place]));
  const placeOf = (node: string) => places.get(node) ?? { node };
  const chains = byKey(view.serviceFunctionChains.list());
  const functions = byKey(view.serviceFunctions.list());
  const splits = serviceSplits({ pods, meshPods: meshPods.values(), placeOf });
  return {
    pods: new Map(pods.map((pod) => [podKey(pod), pod])),
    meshPods,
    peers: [...meshPods.values()].map((pod) => ({ ...meshPeerOf(pod), ...policies.tlsOf(pod) })),
    services: byKey(services),
    routes,
    routesTo: routesByService(routes),
    functions,
    chains,
    branchFaults: branchFaults(chains, functions),
    paths: pathIndex(view.serviceFunctionPaths.list(), chains),
    splits,
    sites: sharing ? sitePlans({ ...sharing, endpointPods: splits.endpointPods, placeOf }) : unshared,
    sharesOf: computedOnce(new Map()),
    resolutionOf: computedOnce(new Map()),
    endpointAddress: endpointAddress ?? directAddress,
    proofs,
    policies,
  };
}

/** The pod, while it takes new connections. */
export function livePod(index: MeshIndex, key: string): MeshPod | undefined {
  const pod = index.meshPods.get(key);
  return pod && isLive(pod) ? pod : undefined;
}

function routesByService(routes: readonly HttpRoute[]): MeshIndex["routesTo"] {
  const byService = new Map<string, Set<HttpRoute>>();
  for (const route of routes) {
    for (const { namespace, service } of route.parents) {
      const key = `${namespace}/${service}`;
      byService.set(key, (byService.get(key) ?? new Set()).add(route));
    }
  }
  return (service) => [...(byService.get(serviceKey(service)) ?? [])];
}

function computedOnce<K, V>(known: Map<K, V>): (key: K, compute: () => V) => V {
  return (key, compute) => {
    const value = known.get(key) ?? compute();
    known.set(key, value);
    return value;
  };
}

/** As the chain controller finds them: what was accepted before, and stays in use, must not lead in circles either. */
function branchFaults(
  chains: ReadonlyMap<string, ServiceFunctionChain>,
  functions: ReadonlyMap<string, ServiceFunction>,
): ReadonlyMap<string, BranchFault> {
  const context = { chainNamed: (key: string) => chains.get(key), functionNamed: (key: string) => functions.get(key) };
  const branching = [...chains].filter(([, { branches }]) => branches !== undefined);
  return new Map(
    branching.flatMap(([key, chain]): readonly (readonly [string, BranchFault])[] => {
      const fault = branchFault(chain, context);
      return fault === undefined ? [] : [[key, fault]];
    }),
  );
}

function byKey<T extends { readonly namespace: string; readonly name: string }>(
  objects: readonly T[],
): ReadonlyMap<string, T> {
  return new Map(objects.map((object) => [serviceKey(object), object]));
}
