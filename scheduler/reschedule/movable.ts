/** Which pods the rescheduler may have evicted. */
import type { Pod } from "../../core/model/pod.ts";
import { whyItStays } from "../placement/cluster-scenario/why-not-planned.ts";

/** On a pod; "false" keeps it where it is. */
const movableAnnotation = "weft.dev/movable";

/** Their controllers make another pod at once, and on any node. */
const recreatingKinds: ReadonlySet<string> = new Set(["Deployment", "ReplicaSet", "StatefulSet"]);

/** @param unmovedNamespaces where nothing is to be moved. */
export function isMovable(pod: Pod, unmovedNamespaces: readonly string[]): boolean {
  const { workload, annotations, namespace } = pod;
  if (!isStanding(pod) || !pod.isReady) return false;
  if (!recreatingKinds.has(workload.kind) || annotations[movableAnnotation] === "false") return false;
  return !unmovedNamespaces.includes(namespace) && whyItStays(pod) === undefined;
}

/** On a node, and to stay there. */
export function isStanding({ node, isTerminating, isFinished }: Pod): boolean {
  return node !== undefined && !isTerminating && !isFinished;
}

/**
 * The youngest pod: it has been there for the shortest time, so the least is lost with it, and a ReplicaSet that has one too
 * many would take it first, too. Of equals the first by name.
 */
export function youngest(pods: readonly Pod[]): Pod | undefined {
  const byAge = (a: Pod, b: Pod) => (b.createdAtMs ?? 0) - (a.createdAtMs ?? 0) || (a.name < b.name ? -1 : 1);
  return pods.toSorted(byAge)[0];
}
