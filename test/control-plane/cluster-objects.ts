/** Nodes without machines and pods without images: all that a scheduler looks at. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";

export type NodeOptions = {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cpu?: string;
  readonly memory?: string;
};

/** A ready node with room for 110 pods; 8 CPUs and 16 GiB unless told. */
export function handMadeNode({ name, labels = {}, cpu = "8", memory = "16Gi" }: NodeOptions): V1Node {
  const resources = { cpu, memory, pods: "110" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    status: { capacity: resources, allocatable: resources, conditions: [{ type: "Ready", status: "True" }] },
  };
}

export type PodOptions = {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cpu?: string;
  readonly schedulerName?: string;
};

/** A pod with one container that nobody will run; asks for 100m CPU unless told. */
export function unrunPod(options: PodOptions): V1Pod {
  const { name, namespace = "default", labels = {}, cpu = "100m", schedulerName = "default-scheduler" } = options;
  const container = { name: "main", image: "nowhere.invalid/none", resources: { requests: { cpu } } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { ...labels } },
    spec: { schedulerName, containers: [container] },
  };
}
