/** One look at the cluster, from which everything is planned. */
import {
  isClassified,
  type ServiceFunction,
  type ServiceFunctionChain,
  type ServiceFunctionPath,
} from "../../core/model/chain.ts";
import type { ClusterNode } from "../../core/model/cluster-node.ts";
import { meshLabel, upstreamsAnnotation } from "../../core/model/mesh-snapshot.ts";
import type { Pod } from "../../core/model/pod.ts";
import { type Service, selects } from "../../core/model/service.ts";
import type { MeshView } from "../../core/ports/cluster-view.ts";

export interface ClusterState {
  readonly pods: readonly Pod[];
  readonly nodes: readonly ClusterNode[];
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, Service>;
  readonly functions: ReadonlyMap<string, ServiceFunction>;
  readonly chains: readonly ServiceFunctionChain[];
  readonly chainByName: ReadonlyMap<string, ServiceFunctionChain>;
  /** Functions from which traffic is branched off to a chain, by that chain. */
  readonly branchOrigins: ReadonlyMap<string, readonly string[]>;
  readonly paths: readonly ServiceFunctionPath[];
}

/** A pod that is in the mesh and stands somewhere. */
export type PlacedPod = Pod & { readonly node: string };

export function clusterStateOf(view: MeshView): ClusterState {
  const chains = view.serviceFunctionChains.list().toSorted(byPriority);
  return {
    pods: view.pods.list(),
    nodes: view.nodes.list(),
    services: new Map(view.services.list().map((service) => [objectKey(service), service])),
    functions: new Map(view.serviceFunctions.list().map((each) => [objectKey(each), each])),
    chains,
    chainByName: new Map(chains.map((chain) => [objectKey(chain), chain])),
    branchOrigins: branchOrigins(chains),
    paths: view.serviceFunctionPaths.list(),
  };
}

/** What takes new traffic: the mesh's own rule for endpoints. By name, so that every plan has the same order. */
export function livePods(
  { pods }: ClusterState,
  namespace: string,
  selector: Readonly<Record<string, string>>,
): readonly PlacedPod[] {
  return placedPods(pods, namespace, (pod) => pod.isReady && selects(selector, pod.labels));
}

/** What sends traffic, ready or not. Where no label says which pods, those that declare upstreams. */
export function classifierPods(
  { pods }: ClusterState,
  { namespace, classifier }: ServiceFunctionChain,
): readonly PlacedPod[] {
  const isByLabel = classifier.isByBranchOnly === true || Object.keys(classifier.from).length > 0;
  const isSender = ({ labels, annotations }: Pod) =>
    isByLabel ? isClassified(classifier, labels) : annotations[upstreamsAnnotation] !== undefined;
  return placedPods(pods, namespace, isSender);
}

/** Instances of functions from which other chains branch traffic off to this one. */
export function branchingPods(state: ClusterState, chain: ServiceFunctionChain): readonly PlacedPod[] {
  const { namespace } = chain;
  return (state.branchOrigins.get(objectKey(chain)) ?? []).flatMap((name) => {
    const origin = state.functions.get(`${namespace}/${name}`);
    return origin ? livePods(state, namespace, origin.selector) : [];
  });
}

export function objectKey({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

function placedPods(pods: readonly Pod[], namespace: string, isWanted: (pod: Pod) => boolean) {
  const matching = pods.filter((pod): pod is PlacedPod => {
    const isOfMesh = pod.labels[meshLabel] === "enabled" && pod.node !== undefined && pod.address !== undefined;
    const isStaying = !pod.isTerminating && !pod.isFinished;
    return pod.namespace === namespace && isOfMesh && isStaying && isWanted(pod);
  });
  return matching.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function branchOrigins(chains: readonly ServiceFunctionChain[]): ReadonlyMap<string, readonly string[]> {
  const origins = new Map<string, string[]>();
  for (const { namespace, branches = [] } of chains)
    for (const { after, to } of branches) {
      const known = origins.get(`${namespace}/${to}`);
      if (known === undefined) origins.set(`${namespace}/${to}`, [after]);
      else if (!known.includes(after)) known.push(after);
    }
  return origins;
}

/** Highest priority first, of equals the first by name: who keeps the capacity when not all fit. */
function byPriority(a: ServiceFunctionChain, b: ServiceFunctionChain): number {
  return b.priority - a.priority || (objectKey(a) < objectKey(b) ? -1 : 1);
}
