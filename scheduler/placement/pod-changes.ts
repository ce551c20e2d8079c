/** What is different between two lists of pods. */
import { type Pod, podKey } from "../../core/model/pod.ts";

export interface PodChanges {
  /** On the first list alone; a pod that changed is here as it was, and among those that came as it is. */
  readonly gone: readonly Pod[];
  readonly came: readonly Pod[];
}

/**
 * Pods are immutable objects, and a list keeps its order: pods leave it, change where they are, or come at its end. Then it costs
 * O(pods) comparisons of objects, which for thousands of pods are microseconds, and work only for what changed. In any other order
 * the answer is the same, and takes longer.
 */
export function podChanges(before: readonly Pod[], after: readonly Pod[]): PodChanges {
  const [gone, came]: [Pod[], Pod[]] = [[], []];
  let next = 0;
  for (const pod of before) {
    const other = after[next];
    if (other === pod) {
      next += 1;
      continue;
    }
    gone.push(pod);
    if (other === undefined || podKey(other) !== podKey(pod)) continue;
    came.push(other);
    next += 1;
  }
  for (; next < after.length; next++) {
    const pod = after[next];
    if (pod) came.push(pod);
  }
  const moved = new Set(gone).intersection(new Set(came));
  if (moved.size === 0) return { gone, came };
  return { gone: gone.filter((pod) => !moved.has(pod)), came: came.filter((pod) => !moved.has(pod)) };
}
