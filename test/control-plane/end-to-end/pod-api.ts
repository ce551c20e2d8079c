/** What a kubelet says to the API server about its pods. */
import type { V1Pod } from "@kubernetes/client-node";
import type { Pod } from "../../../core/model/pod.ts";
import { bodyOf } from "../../../platform/kubernetes/api-failure.ts";
import type { KubernetesClient } from "../../../platform/kubernetes/kubernetes-client.ts";

export interface PodReport {
  readonly address: string;
  readonly isReady: boolean;
}

export interface PodApi {
  read(pod: Pod): Promise<V1Pod>;
  /** The pod runs at this address. A pod that is gone is no error. */
  report(pod: Pod, report: PodReport): Promise<void>;
  /** Its containers are gone: the API server may forget it. A pod that is gone already is no error. */
  remove(pod: Pod): Promise<void>;
}

const strategicMergePatch = "application/strategic-merge-patch+json";

export function createPodApi(client: KubernetesClient): PodApi {
  return {
    async read(pod) {
      return bodyOf(`read pod ${pod.name}`, await client.request({ path: pathOf(pod) })) as V1Pod;
    },

    async report(pod, { address, isReady }) {
      const conditions = ["Initialized", "ContainersReady", "Ready"].map((type) => ({
        type,
        status: isReady || type === "Initialized" ? "True" : "False",
      }));
      const status = { phase: "Running", hostIP: "127.0.0.1", podIP: address, podIPs: [{ ip: address }], conditions };
      const body = { metadata: { uid: pod.uid }, status };
      const path = `${pathOf(pod)}/status`;
      const answer = await client.request({ method: "PATCH", path, contentType: strategicMergePatch, body });
      if (!isGone(answer.statusCode)) bodyOf(`report pod ${pod.name}`, answer);
    },

    async remove(pod) {
      const options = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 };
      const body = { ...options, preconditions: { uid: pod.uid } };
      const answer = await client.request({ method: "DELETE", path: pathOf(pod), body });
      if (!isGone(answer.statusCode)) bodyOf(`remove pod ${pod.name}`, answer);
    },
  };
}

/** 409 is what another pod of the same name answers. */
function isGone(statusCode: number): boolean {
  return statusCode === 404 || statusCode === 409;
}

function pathOf({ namespace, name }: Pod): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}
