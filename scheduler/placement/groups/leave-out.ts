import type { Pod } from "../../../core/model/pod.ts";
import { workloadKey } from "../../../core/model/workload.ts";

/**
 * The pods without every second of these workloads, of which a single pod goes, too. How many there is room for is not known
 * before a plan is tried, and halving finds out in few tries.
 */
export function leaveOut(pods: readonly Pod[], workloads: ReadonlySet<string>): readonly Pod[] {
  const counts = new Map<string, number>();
  return pods.filter(({ workload }) => {
    const key = workloadKey(workload);
    if (!workloads.has(key)) return true;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count % 2 === 0;
  });
}
