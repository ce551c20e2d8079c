/** The pods that a Deployment stands for, as its controllers would make them. */
import type { PodObject } from "../core/model/pod.ts";
import type { Deployment } from "../platform/schema/deployment.ts";

/** Names and uids carry `generation`, so that the pods of one placement are not those of the next. */
export function podObjects(deployment: Deployment, generation: number): readonly PodObject[] {
  const { namespace, name, labels, annotations, containers } = deployment;
  const hash = `g${generation}`;
  return Array.from({ length: deployment.replicas }, (_, index) => ({
    metadata: {
      uid: `${namespace}-${name}-${hash}-${index}`,
      namespace,
      name: `${name}-${hash}-${index}`,
      labels: { ...labels, "pod-template-hash": hash },
      annotations,
      ownerReferences: [{ kind: "ReplicaSet", name: `${name}-${hash}`, controller: true }],
    },
    spec: { containers: containers.map(({ resources }) => ({ resources: { requests: resources.requests } })) },
  }));
}
