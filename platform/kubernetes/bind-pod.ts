import { bodyOf } from "./api-failure.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";

export interface PodBinding {
  readonly namespace: string;
  readonly name: string;
  /** Keeps a new pod of the same name from being bound instead. */
  readonly uid?: string | undefined;
  readonly node: string;
}

/** As kube-scheduler binds. @throws WeftError kubernetes-conflict when it is bound already, gone, or another pod */
export async function bindPod(client: KubernetesClient, binding: PodBinding, signal?: AbortSignal): Promise<void> {
  const { namespace, name, uid, node } = binding;
  const body = {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { namespace, name, ...(uid && { uid }) },
    target: { apiVersion: "v1", kind: "Node", name: node },
  };
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/binding`;
  const request = { method: "POST", path, body, ...(signal && { signal }) } as const;
  bodyOf(`bind pod ${namespace}/${name} to ${node}`, await client.request(request));
}
