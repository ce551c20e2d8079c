/** The owner of a set of pods: the unit that flows are learned for, since pods come and go and their owner stays. */
export interface Workload {
  readonly namespace: string;
  /** Deployment, StatefulSet, DaemonSet, Job, or Pod for a pod that nothing owns. */
  readonly kind: string;
  readonly name: string;
}

/** Telemetry names workloads without their kind, so neither does the key. */
export function workloadKey(workload: Pick<Workload, "namespace" | "name">): string {
  return `${workload.namespace}/${workload.name}`;
}
