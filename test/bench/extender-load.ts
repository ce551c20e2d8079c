/** What the extender benchmark asks: the cluster's size and one body for each verb. */

export const PODS = 10_000;
export const PEERS = 200;
export const BENCH_WORKLOAD = "bench";

export const nodeName = (index: number) => `ip-10-${index >> 8}-${index & 255}-17.eu-central-1.compute.internal`;

/** As kube-scheduler sends them with `nodeCacheCapable: true`; `turn` makes the pod another one of sixteen. */
export function bodyOf(verb: string, nodeCount: number, turn: number): string {
  const nodeNames = Array.from({ length: nodeCount }, (_, index) => nodeName(index));
  const name = `${BENCH_WORKLOAD}-pending${turn % 16}`;
  const metadata = {
    name,
    namespace: "core",
    uid: name,
    labels: { app: BENCH_WORKLOAD, "pod-template-hash": "1" },
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: `${BENCH_WORKLOAD}-1`, uid: "rs", controller: true },
    ],
  };
  const containers = [{ name: "main", image: "main:1", resources: { requests: { cpu: "100m", memory: "128Mi" } } }];
  const Pod = { metadata, spec: { containers, schedulerName: "default-scheduler" }, status: { phase: "Pending" } };
  if (verb === "bind")
    return JSON.stringify({ PodName: name, PodNamespace: "core", PodUID: name, Node: nodeNames[turn % nodeCount] });
  if (verb !== "preempt") return JSON.stringify({ Pod, Nodes: null, NodeNames: nodeNames });
  const victims = nodeNames.map((node, index) => [node, { Pods: [{ UID: `victim-${index}` }], NumPDBViolations: 0 }]);
  return JSON.stringify({ Pod, NodeNameToVictims: null, NodeNameToMetaVictims: Object.fromEntries(victims) });
}
