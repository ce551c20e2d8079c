/**
 * Says of every pod that is bound in one namespace that it runs and is ready, and lets go of those that are deleted, as kubelets would; nothing
 * runs. For what looks at pods' states only, such as disruption budgets.
 */
import { messageOf } from "../../core/model/weft-error.ts";
import type { ClusterView } from "../../core/ports/cluster-view.ts";
import type { KubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { createPodApi } from "./end-to-end/pod-api.ts";

export interface ReadyReporter {
  /** The first report that failed. */
  failure(): string | undefined;
  /** Ends when the last report has been answered. */
  stop(): Promise<void>;
}

export function startReadyReporter(
  client: KubernetesClient,
  { pods }: Pick<ClusterView, "pods">,
  namespace: string,
): ReadyReporter {
  const api = createPodApi(client);
  const done = new Set<string>();
  const open = new Set<Promise<void>>();
  let failure: string | undefined;

  function once(key: string, work: () => Promise<void>): void {
    if (done.has(key)) return;
    done.add(key);
    const working = work()
      .catch((error: unknown) => {
        failure ??= `${key}: ${messageOf(error)}`;
      })
      .finally(() => open.delete(working));
    open.add(working);
  }

  function look(): void {
    for (const pod of pods.list()) {
      if (pod.namespace !== namespace || pod.node === undefined) continue;
      if (pod.isTerminating) once(`remove ${pod.uid}`, () => api.remove(pod));
      else once(`report ${pod.uid}`, () => api.report(pod, { address: "127.0.0.9", isReady: true }));
    }
  }

  const unsubscribe = pods.subscribe(look);
  look();
  return {
    failure: () => failure,
    async stop() {
      unsubscribe();
      await Promise.all(open);
    },
  };
}
