/** Pods that no plan may touch, whatever else speaks for it. */
import type { Pod } from "../../../core/model/pod.ts";

const mirrorAnnotation = "kubernetes.io/config.mirror";

/** Why a pod that stands stays there; undefined if it may move. */
export function whyItStays(pod: Pod): string | undefined {
  const { workload, annotations, constraints } = pod;
  if (annotations[mirrorAnnotation] !== undefined || workload.kind === "Node") return "is a kubelet's own pod";
  if (workload.kind === "DaemonSet") return "belongs to a DaemonSet";
  if (workload.kind === "Pod") return "has no owner that would make it again";
  if (constraints?.hasDeviceClaims) return "claims devices";
  const [volume] = constraints?.volumes ?? [];
  return volume === undefined ? undefined : `has a volume of the kind ${volume}`;
}

/** Volumes with which a pod may be put on any node. */
const volumesOfAnyNode = new Set(["hostPath", "nfs", "gitRepo"]);

/** Why a pending pod is kube-scheduler's to place; undefined if it can be planned. */
export function whyUnplanned({ workload, constraints }: Pod): string | undefined {
  if (workload.kind === "DaemonSet") return "belongs to a DaemonSet";
  if (constraints?.hasDeviceClaims) return "claims devices";
  const volume = constraints?.volumes?.find((kind) => !volumesOfAnyNode.has(kind));
  return volume === undefined ? undefined : `has a volume of the kind ${volume}`;
}
