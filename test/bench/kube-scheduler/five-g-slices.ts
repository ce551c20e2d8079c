/** Slices of the 5G core of examples/5g-core: in each the same Deployments, with the flows that the lab metered. */
import type { V1Pod } from "@kubernetes/client-node";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import { readWorld, type World } from "../../../lab/world.ts";
import type { Deployment } from "../../../platform/schema/deployment.ts";
import { talksToAnnotation } from "../../../scheduler/placement/talks-to.ts";
import type { BenchCluster } from "./bench-cluster.ts";

export const exampleWorld: World = readWorld("examples/5g-core");

/** A Deployment's part in one slice, with the ReplicaSet that owns its pods. */
export interface SliceWorkload {
  readonly namespace: string;
  readonly deployment: Deployment;
  /** `weft.dev/talks-to`; undefined where it begins no flow. */
  readonly talksTo: string | undefined;
  readonly owner: { readonly name: string; readonly uid: string };
}

const HASH = "5f6c8d9b7";

/**
 * Namespace, Services and ReplicaSets of a slice, without which kube-scheduler would not spread a Deployment's pods as it does by
 * default. Nothing makes pods of them: there is no controller manager.
 */
export async function createSlice(
  cluster: BenchCluster,
  namespace: string,
  { flows }: TrafficProfile,
): Promise<readonly SliceWorkload[]> {
  await cluster.create("/api/v1/namespaces", { metadata: { name: namespace } });
  for (const { name, selector } of exampleWorld.services)
    await cluster.create(`/api/v1/namespaces/${namespace}/services`, {
      metadata: { name },
      // Headless: the control plane has 254 cluster addresses.
      spec: { clusterIP: "None", selector, ports: [{ port: 8000 }] },
    });
  const workloads: SliceWorkload[] = [];
  for (const deployment of exampleWorld.deployments) {
    const { metadata } = await cluster.create(
      `/apis/apps/v1/namespaces/${namespace}/replicasets`,
      replicaSet(deployment),
    );
    const own = flows.filter(({ source }) => source === deployment.name);
    const entries = own.map(
      ({ destination, requestBytesPerSecond, responseBytesPerSecond }) =>
        `${destination}=${Math.max(1, Math.round(requestBytesPerSecond + responseBytesPerSecond))}`,
    );
    workloads.push({ namespace, deployment, talksTo: entries.join(", ") || undefined, owner: metadata });
  }
  return workloads;
}

function replicaSet({ name, replicas, labels, containers }: Deployment): object {
  const podLabels = { ...labels, "pod-template-hash": HASH };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: `${name}-${HASH}`, labels: podLabels },
    spec: {
      replicas,
      selector: { matchLabels: podLabels },
      template: { metadata: { labels: podLabels }, spec: { containers: containers.map(containerOf) } },
    },
  };
}

/** The pods that the Deployment's controllers would make; `turn` makes their names new ones. */
export function podsOf({ namespace, deployment, talksTo, owner }: SliceWorkload, turn: string): readonly V1Pod[] {
  const { labels, annotations, containers, replicas } = deployment;
  const controller = { apiVersion: "apps/v1", kind: "ReplicaSet", controller: true, blockOwnerDeletion: true };
  return Array.from({ length: replicas }, (_, replica) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace,
      name: `${owner.name}-${turn}${replica}`,
      labels: { ...labels, "pod-template-hash": HASH },
      annotations: talksTo === undefined ? { ...annotations } : { ...annotations, [talksToAnnotation]: talksTo },
      ownerReferences: [{ ...controller, name: owner.name, uid: owner.uid }],
    },
    spec: { containers: containers.map(containerOf), terminationGracePeriodSeconds: 0 },
  }));
}

function containerOf({ name, image, args, resources }: Deployment["containers"][number]) {
  const requests = Object.fromEntries(Object.entries(resources.requests).map(([key, value]) => [key, String(value)]));
  return { name, image, args: [...args], resources: { requests } };
}
