/** The pods that a Deployment stands for, as its controllers would make them. */
import type { PodObject } from "../core/model/pod.ts";

/** The part of a Deployment that the lab reads. */
export interface DeploymentObject {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
  readonly spec: {
    readonly replicas?: number | undefined;
    readonly template: {
      readonly metadata?:
        | {
            readonly labels?: Readonly<Record<string, string>> | undefined;
            readonly annotations?: Readonly<Record<string, string>> | undefined;
          }
        | undefined;
      readonly spec: { readonly containers: readonly ContainerObject[] };
    };
  };
}

export interface ContainerObject {
  readonly args?: readonly string[] | undefined;
  readonly resources?: { readonly requests?: Readonly<Record<string, string | number>> | undefined } | undefined;
}

/** Names and uids carry `generation`, so that the pods of one placement are not those of the next. */
export function podObjects(deployment: DeploymentObject, generation: number): readonly PodObject[] {
  const { name, namespace = "default" } = deployment.metadata;
  const { metadata, spec } = deployment.spec.template;
  const hash = `g${generation}`;
  return Array.from({ length: deployment.spec.replicas ?? 1 }, (_, index) => ({
    metadata: {
      uid: `${namespace}-${name}-${hash}-${index}`,
      namespace,
      name: `${name}-${hash}-${index}`,
      labels: { ...metadata?.labels, "pod-template-hash": hash },
      annotations: metadata?.annotations ?? {},
      ownerReferences: [{ kind: "ReplicaSet", name: `${name}-${hash}`, controller: true }],
    },
    spec: {
      containers: spec.containers.map(({ resources }) => ({ resources: { requests: resources?.requests ?? {} } })),
    },
  }));
}
