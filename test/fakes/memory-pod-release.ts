/** Takes gates off the pods of a cluster in memory, as the API server would. */
import { placementGate, plannedNodeAnnotation } from "../../core/model/placement-group.ts";
import { podKey } from "../../core/model/pod.ts";
import type { PodRelease, ReleaseTarget } from "../../core/ports/pod-release.ts";
import type { MemoryCluster } from "../../platform/memory/memory-cluster.ts";

export interface MemoryPodRelease extends PodRelease {
  /** Every call, in its order. */
  readonly calls: readonly { readonly pod: string; readonly target: ReleaseTarget | undefined }[];
  /** Calls under way. */
  readonly open: number;
  /** What a call throws, if anything; asked at each. */
  failure: (pod: string, target: ReleaseTarget | undefined) => Error | undefined;
  /** Resolves before a call does anything. */
  hold: Promise<void>;
}

export function createMemoryPodRelease({ pods }: Pick<MemoryCluster, "pods">): MemoryPodRelease {
  const calls: { pod: string; target: ReleaseTarget | undefined }[] = [];
  let open = 0;
  return {
    calls,
    get open() {
      return open;
    },
    failure: () => undefined,
    hold: Promise.resolve(),
    async release(asked, target) {
      const key = podKey(asked);
      calls.push({ pod: key, target });
      open += 1;
      await this.hold;
      open -= 1;
      const failure = this.failure(key, target);
      if (failure) throw failure;
      const pod = pods.get(key);
      if (pod?.uid !== asked.uid || !pod.schedulingGates.includes(placementGate)) return "gone";
      const planned = target ? { [plannedNodeAnnotation]: target.node } : {};
      const schedulingGates = pod.schedulingGates.filter((gate) => gate !== placementGate);
      pods.put({ ...pod, schedulingGates, annotations: { ...pod.annotations, ...planned } });
      return "released";
    },
  };
}
