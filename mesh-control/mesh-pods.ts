/** Which pods the mesh consists of. */
import { type MeshPeer, meshLabel } from "../core/model/mesh-snapshot.ts";
import { type Pod, podKey } from "../core/model/pod.ts";

/** A pod of the mesh that has an address and a node. */
export type MeshPod = Pod & { readonly address: string; readonly node: string };

/** Why a pod is not of the mesh (yet); undefined where it is. */
export function outsideReason(pod: Pod | undefined): string | undefined {
  if (!pod) return "the pod is not known";
  if (pod.labels[meshLabel] !== "enabled") return `the pod has no label ${meshLabel}: enabled`;
  if (pod.isFinished) return "the pod has finished";
  return pod.address === undefined || pod.node === undefined ? "the pod has no address yet" : undefined;
}

/** Takes new connections. */
export function isLive(pod: MeshPod): boolean {
  return pod.isReady && !pod.isTerminating;
}

/**
 * The pods of the mesh by `namespace/name`, in that order. An address means one pod: where several claim it, one that does
 * not terminate goes before one that does, then the first by name, and the others are left out.
 */
export function meshPodsOf(pods: readonly Pod[]): ReadonlyMap<string, MeshPod> {
  const owners = addressOwners(pods);
  const sorted = [...owners.values()].map((pod) => [podKey(pod), pod] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted);
}

/** A pod as its metrics label it. */
export function meshPeerOf(pod: MeshPod): MeshPeer {
  return {
    pod: podKey(pod),
    address: pod.address,
    workload: pod.workload.name,
    node: pod.node,
    app: pod.labels.app ?? pod.labels["app.kubernetes.io/name"] ?? "unknown",
  };
}

function addressOwners(pods: readonly Pod[]): ReadonlyMap<string, MeshPod> {
  const owners = new Map<string, MeshPod>();
  for (const pod of pods) {
    if (!isMeshPod(pod)) continue;
    const owner = owners.get(pod.address);
    if (!owner || goesBefore(pod, owner)) owners.set(pod.address, pod);
  }
  return owners;
}

function isMeshPod(pod: Pod): pod is MeshPod {
  return outsideReason(pod) === undefined;
}

function goesBefore(a: MeshPod, b: MeshPod): boolean {
  return a.isTerminating === b.isTerminating ? podKey(a) < podKey(b) : b.isTerminating;
}
