/** Objects of a small mesh, each with only what a test says of it. */
import type { PathHop, ServiceFunction, ServiceFunctionChain, ServiceFunctionPath } from "../../core/model/chain.ts";
import { type ClusterNode, clusterNodeOf } from "../../core/model/cluster-node.ts";
import type { HttpRoute } from "../../core/model/http-route.ts";
import type { MeshPolicy } from "../../core/model/mesh-policy.ts";
import { meshLabel, upstreamsAnnotation } from "../../core/model/mesh-snapshot.ts";
import { type Pod, podOf } from "../../core/model/pod.ts";
import { type Service, serviceOf } from "../../core/model/service.ts";
import { createMemoryCluster, type MemoryCluster } from "../../platform/memory/memory-cluster.ts";

export interface MeshObjects {
  readonly nodes?: readonly ClusterNode[];
  readonly pods?: readonly Pod[];
  readonly services?: readonly Service[];
  readonly functions?: readonly ServiceFunction[];
  readonly chains?: readonly ServiceFunctionChain[];
  readonly policies?: readonly MeshPolicy[];
  readonly paths?: readonly ServiceFunctionPath[];
  readonly routes?: readonly HttpRoute[];
}

export function meshCluster(objects: MeshObjects): MemoryCluster {
  const cluster = createMemoryCluster();
  for (const node of objects.nodes ?? []) cluster.nodes.put(node);
  for (const pod of objects.pods ?? []) cluster.pods.put(pod);
  for (const service of objects.services ?? []) cluster.services.put(service);
  for (const one of objects.functions ?? []) cluster.serviceFunctions.put(one);
  for (const chain of objects.chains ?? []) cluster.serviceFunctionChains.put(chain);
  for (const policy of objects.policies ?? []) cluster.meshPolicies.put(policy);
  for (const path of objects.paths ?? []) cluster.serviceFunctionPaths.put(path);
  for (const route of objects.routes ?? [])
    (route.kind === "HTTPRoute" ? cluster.httpRoutes : cluster.grpcRoutes).put(route);
  return cluster;
}

export function meshNode(name: string, zone: string): ClusterNode {
  return clusterNodeOf({ metadata: { name, labels: { "topology.kubernetes.io/zone": zone } } });
}

/** A ready pod of the mesh, whose name `app-suffix` says which app it is; `upstreams` is its annotation. */
export function meshPod(name: string, node: string, upstreams = "", changes: Partial<Pod> = {}): Pod {
  const app = name.split("-")[0] ?? name;
  const labels = { app, [meshLabel]: "enabled", "pod-template-hash": "1" };
  const annotations = upstreams === "" ? {} : { [upstreamsAnnotation]: upstreams };
  const ownerReferences = [{ kind: "ReplicaSet", name: `${app}-1` }];
  const metadata = { namespace: "core", name, uid: name, labels, annotations, ownerReferences };
  const pod = podOf({ metadata, spec: { nodeName: node } });
  return { ...pod, address: addressOf(name), isReady: true, ...changes };
}

/** The same name has the same address. */
export function addressOf(name: string): string {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) % 16_000_000;
  return `10.${(hash >> 16) & 255}.${(hash >> 8) & 255}.${hash & 255}`;
}

/** Selects the pods of the app of its own name. */
export function meshService(name: string, ports = [{ port: 80, targetPort: 8080, appProtocol: "http" }]): Service {
  return serviceOf({ metadata: { namespace: "core", name }, spec: { selector: { app: name }, ports } });
}

/** Selects the pods of the app of its own name. */
export function serviceFunction(name: string, changes: Partial<ServiceFunction> = {}): ServiceFunction {
  return {
    namespace: "core",
    name,
    generation: 1,
    selector: { app: name },
    port: 9000,
    protocol: "tcp",
    hasProxyProtocol: false,
    capacityBytesPerSecond: undefined,
    scaling: 1,
    processingDelayMs: 0,
    failurePolicy: "Block",
    mode: "Forward",
    ...changes,
  };
}

/** Takes what the app `ue` sends to port 80 of `dn`. */
export function chain(
  name: string,
  functions: readonly string[],
  changes: Partial<ServiceFunctionChain> = {},
): ServiceFunctionChain {
  return {
    namespace: "core",
    name,
    uid: name,
    generation: 1,
    classifier: { from: { app: "ue" }, to: { service: "dn", port: 80 } },
    functions,
    isSymmetric: false,
    demandBytesPerSecond: undefined,
    latencyBudgetMs: undefined,
    priority: 0,
    ...changes,
  };
}

/** Weights as `from>to=weight`, a list for each hop; without a function the hop is the destination. */
export interface HopSketch {
  readonly function?: string;
  readonly weights: readonly string[];
}

/** An active path; service indexes count down to 0. */
export function path(
  chainName: string,
  spi: number,
  hops: readonly HopSketch[],
  changes: Partial<ServiceFunctionPath> = {},
): ServiceFunctionPath {
  return {
    namespace: "core",
    name: `${chainName}-${spi}`,
    chain: chainName,
    chainGeneration: 1,
    spi,
    isActive: true,
    isSymmetric: false,
    hops: hops.map((hop, at) => pathHop(hop, hops.length - 1 - at)),
    prediction: { maxUtilisation: 0.5, lowerBound: 0.5, demandBytesPerSecond: 1 },
    ...changes,
  };
}

function pathHop({ function: name, weights }: HopSketch, serviceIndex: number): PathHop {
  const parsed = weights.map((text) => {
    const [from = "", to = "", weight = ""] = text.split(/[>=]/);
    return { from, to, weight: Number(weight) };
  });
  return { serviceIndex, function: name, weights: parsed };
}
