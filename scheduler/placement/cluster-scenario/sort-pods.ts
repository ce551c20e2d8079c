/** Which pods stand for good, which may move, which are to come, and which are about to go. */
import { type Pod, podKey } from "../../../core/model/pod.ts";
import { workloadKey } from "../../../core/model/workload.ts";
import type { ClusterScenarioInput } from "../cluster-scenario.ts";
import type { ClusterNodes } from "./cluster-nodes.ts";
import { distinct } from "./distinct.ts";
import { PodIndex } from "./pod-index.ts";
import { Remarks } from "./remarks.ts";
import { whyItStays, whyUnplanned } from "./why-not-planned.ts";

/** The pods of one workload. */
export interface WorkloadPods {
  readonly key: string;
  /** Bound, and not to be moved. */
  readonly fixed: readonly Pod[];
  /** Bound, and free to move. */
  readonly movable: readonly Pod[];
  /** To be planned. */
  readonly pending: readonly Pod[];
}

export interface SortedPods {
  /** By key. */
  readonly workloads: ReadonlyMap<string, WorkloadPods>;
  /** Terminating on a node: they hold its resources, ports and distances yet, and are nobody's replicas any more. */
  readonly leaving: readonly Pod[];
  /** Those that stand and are not leaving, and pending ones whether planned or not. */
  readonly living: readonly Pod[];
  /** By pod key, why a pending pod is not to be planned. */
  readonly unplanned: ReadonlyMap<string, string>;
  readonly remarks: Remarks;
}

export function sortPods({ pods, pending, isMovable }: ClusterScenarioInput, nodes: ClusterNodes): SortedPods {
  const remarks = new Remarks();
  const wanted = new Set(pending.map(podKey));
  const bound = pods.filter((pod) => pod.node !== undefined && !pod.isFinished && !wanted.has(podKey(pod)));
  for (const pod of bound)
    if (nodes.indexOf(pod) < 0) remarks.add("not counted, on a node that is not known", podKey(pod));
  const standing = bound.filter((pod) => nodes.indexOf(pod) >= 0);
  const staying = standing.filter((pod) => !pod.isTerminating);
  const waiting = pending.filter((pod) => !pod.isFinished && !pod.isTerminating);
  const needed = neededNearby([...staying, ...waiting], staying);
  const groups = new Map<string, { key: string; fixed: Pod[]; movable: Pod[]; pending: Pod[] }>();
  const groupOf = (pod: Pod) => {
    const key = workloadKey(pod.workload);
    const group = groups.get(key) ?? { key, fixed: [], movable: [], pending: [] };
    groups.set(key, group);
    return group;
  };
  for (const pod of staying) {
    const why = isMovable(pod) ? (needed.has(pod) ? "others require it near them" : whyItStays(pod)) : undefined;
    if (why !== undefined) remarks.add(`stays, as it ${why}`, podKey(pod));
    const group = groupOf(pod);
    (isMovable(pod) && why === undefined ? group.movable : group.fixed).push(pod);
  }
  const unplanned = new Map<string, string>();
  for (const pod of waiting) {
    const why = whyUnplanned(pod);
    if (why === undefined) groupOf(pod).pending.push(pod);
    else unplanned.set(podKey(pod), why);
  }
  for (const [key, why] of unplanned) remarks.add(`left to kube-scheduler, as it ${why}`, key);
  const leaving = standing.filter((pod) => pod.isTerminating);
  return { workloads: groups, leaving, living: [...staying, ...waiting], unplanned, remarks };
}

/** Pods that others, standing or to come, require near them: where these move, those could not be made again where they stand. */
function neededNearby(pods: readonly Pod[], staying: readonly Pod[]): ReadonlySet<Pod> {
  const terms = distinct(pods.flatMap(({ constraints }) => constraints?.near ?? []));
  const index = new PodIndex(terms.length > 0 ? staying : []);
  return new Set(terms.flatMap((term) => index.meantBy(term, "perhaps")));
}
