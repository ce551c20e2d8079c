/** A pod that a Deployment stands for, as its controllers would make it. */
import type { PodObject } from "../core/model/pod.ts";
import type { Deployment } from "../platform/schema/deployment.ts";

/** Its name and uid carry `generation`, so that the pods of one placement are not those of the next. */
export function podObject(deployment: Deployment, generation: number, index: number): PodObject {
  const { namespace, name, labels, annotations, containers } = deployment;
  const hash = `g${generation}`;
  return {
    metadata: {
      uid: `${namespace}-${name}-${hash}-${index}`,
      namespace,
      name: `${name}-${hash}-${index}`,
      labels: { ...labels, "pod-template-hash": hash },
      annotations,
      ownerReferences: [{ kind: "ReplicaSet", name: `${name}-${hash}`, controller: true }],
    },
    spec: { containers: containers.map(({ resources }) => ({ resources: { requests: resources.requests } })) },
  };
}
