import { type Pod, podKey } from "../../core/model/pod.ts";
import type { KeyedCollection } from "../../core/ports/keyed-collection.ts";
import type { PodEvictor } from "../../core/ports/pod-evictor.ts";

/** Nobody has a disruption budget here. A bound pod stays, on its way out, until somebody deletes it, as without a kubelet. */
export function createMemoryPodEvictor(pods: KeyedCollection<Pod>): PodEvictor {
  return {
    async evict(asked) {
      const pod = pods.get(podKey(asked));
      if (pod?.uid !== asked.uid) return { kind: "gone" };
      if (pod.node === undefined) pods.delete(podKey(pod));
      else pods.put({ ...pod, isTerminating: true });
      return { kind: "evicted" };
    },
  };
}
