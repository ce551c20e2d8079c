import type { Pod } from "../../core/model/pod.ts";

/** The pod as kube-scheduler sends it to an extender. */
export function askedPod({ namespace, name, uid, labels, annotations, workload }: Pod) {
  const ownerReferences = [
    { apiVersion: "apps/v1", kind: workload.kind, name: workload.name, uid: "o", controller: true },
  ];
  return {
    metadata: { namespace, name, uid, labels, annotations, ...(workload.kind === "Pod" ? {} : { ownerReferences }) },
  };
}
