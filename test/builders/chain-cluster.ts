/** A cluster in memory with one chain through firewall and dpi, two instances each, on two nodes. */
import type { ServiceFunction, ServiceFunctionChain } from "../../core/model/chain.ts";
import { clusterNodeOf } from "../../core/model/cluster-node.ts";
import { podOf } from "../../core/model/pod.ts";
import { serviceOf } from "../../core/model/service.ts";
import { createMemoryCluster, type MemoryCluster } from "../../platform/memory/memory-cluster.ts";

export const namespace = "edge";

export function chainCluster(): MemoryCluster {
  const cluster = createMemoryCluster();
  for (const name of ["n1", "n2"]) putNode(cluster, name);
  putPod(cluster, "upf-1", "n1", "upf");
  putPod(cluster, "dn-1", "n2", "dn");
  for (const app of ["firewall", "dpi"]) {
    putPod(cluster, `${app}-1`, "n1", app);
    putPod(cluster, `${app}-2`, "n2", app);
    putFunction(cluster, { name: app });
  }
  const ports = [{ port: 8080 }];
  cluster.services.put(serviceOf({ metadata: { namespace, name: "dn" }, spec: { selector: { app: "dn" }, ports } }));
  return cluster;
}

export function putNode(cluster: MemoryCluster, name: string, bitsPerSecond = "80M"): void {
  const labels = { "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r" };
  cluster.nodes.put(
    clusterNodeOf({ metadata: { name, labels, annotations: { "weft.dev/link-bandwidth": bitsPerSecond } } }),
  );
}

export function putPod(cluster: MemoryCluster, name: string, node: string, app: string): void {
  const address = `127.1.0.${cluster.pods.list().length + 1}`;
  cluster.pods.put(
    podOf({
      metadata: { uid: name, namespace, name, labels: { app, "weft.dev/mesh": "enabled" } },
      spec: { nodeName: node },
      status: { podIP: address, conditions: [{ type: "Ready", status: "True" }] },
    }),
  );
}

/** As a failed readiness probe has it. */
export function loseReadiness(cluster: MemoryCluster, name: string): void {
  const pod = cluster.pods.get(`${namespace}/${name}`);
  if (!pod) throw new Error(`there is no pod ${name}`);
  cluster.pods.put({ ...pod, isReady: false });
}

export function putFunction(cluster: MemoryCluster, part: Partial<ServiceFunction> & { name: string }): void {
  cluster.serviceFunctions.put({
    namespace,
    generation: 1,
    selector: { app: part.name },
    port: 9000,
    protocol: "tcp",
    hasProxyProtocol: true,
    capacityBytesPerSecond: 10e6,
    scaling: 1,
    processingDelayMs: 0.1,
    failurePolicy: "Block",
    mode: "Forward",
    ...part,
  });
}

export function putChain(cluster: MemoryCluster, part: Partial<ServiceFunctionChain> = {}): ServiceFunctionChain {
  const chain: ServiceFunctionChain = {
    namespace,
    name: "inspect",
    uid: `uid-${part.name ?? "inspect"}`,
    generation: 1,
    classifier: { from: { app: "upf" }, to: { service: "dn", port: 8080 } },
    functions: ["firewall", "dpi"],
    isSymmetric: false,
    demandBytesPerSecond: 1e6,
    latencyBudgetMs: undefined,
    priority: 0,
    ...part,
  };
  cluster.serviceFunctionChains.put(chain);
  return chain;
}
