import type { UnderWay } from "../../core/model/placement-plan.ts";
import type { Pod } from "../../core/model/pod.ts";

/**
 * Pods that came after one was chosen to be moved, oldest first: younger than all others that the workload had then. Ages are by
 * the API server's clock, in whole seconds; a pod that got ready was not created in the second in which it is chosen.
 *
 * @param pods of the workload.
 */
export function replacementsOf(pods: readonly Pod[], { podUid, newestOtherAtMs }: UnderWay): readonly Pod[] {
  const isNew = ({ uid, createdAtMs, isTerminating }: Pod) =>
    uid !== podUid && !isTerminating && (newestOtherAtMs === undefined || (createdAtMs ?? Infinity) > newestOtherAtMs);
  return pods
    .filter(isNew)
    .sort((a, b) => (a.createdAtMs ?? Infinity) - (b.createdAtMs ?? Infinity) || (a.name < b.name ? -1 : 1));
}
