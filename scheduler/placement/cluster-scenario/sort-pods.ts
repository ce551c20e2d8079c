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

export function sortPods(input: ClusterScenarioInput, nodes: ClusterNodes): SortedPods {
  const remarks = new Remarks();
  const standing = standingPods(input, nodes, remarks);
  const [staying, leaving] = [
    standing.filter((pod) => !pod.isTerminating),
    standing.filter((pod) => pod.isTerminating),
  ];
  const waiting = input.pending.filter((pod) => !pod.isFinished && !pod.isTerminating);
  const needed = neededNearby([...staying, ...waiting], staying);
  const groups = new Groups();
  for (const pod of staying) {
    const mayMove = input.isMovable(pod);
    const why = needed.has(pod) ? "others require it near them" : whyItStays(pod);
    if (mayMove && why !== undefined) remarks.add(`stays, as it ${why}`, podKey(pod));
    groups.of(pod)[mayMove && why === undefined ? "movable" : "fixed"].push(pod);
  }
  const unplanned = new Map<string, string>();
  for (const pod of waiting) {
    const why = whyUnplanned(pod);
    if (why === undefined) groups.of(pod).pending.push(pod);
    else unplanned.set(podKey(pod), why);
  }
  for (const [key, why] of unplanned) remarks.add(`left to kube-scheduler, as it ${why}`, key);
  return { workloads: groups.byKey, leaving, living: [...staying, ...waiting], unplanned, remarks };
}

/** On nodes that are known; one that is to be planned is not, whatever the list of all pods says of it. */
function standingPods({ pods, pending }: ClusterScenarioInput, nodes: ClusterNodes, remarks: Remarks): readonly Pod[] {
  const wanted = new Set(pending.map(podKey));
  const bound = pods.filter((pod) => pod.node !== undefined && !pod.isFinished && !wanted.has(podKey(pod)));
  return bound.filter((pod) => {
    const isKnown = nodes.indexOf(pod) >= 0;
    if (!isKnown) remarks.add("not counted, on a node that is not known", podKey(pod));
    return isKnown;
  });
}

interface Group extends WorkloadPods {
  readonly fixed: Pod[];
  readonly movable: Pod[];
  readonly pending: Pod[];
}

class Groups {
  readonly byKey = new Map<string, Group>();

  of({ workload }: Pod): Group {
    const key = workloadKey(workload);
    const known = this.byKey.get(key);
    if (known) return known;
    const group = { key, fixed: [], movable: [], pending: [] };
    this.byKey.set(key, group);
    return group;
  }
}

/** Pods that others, standing or to come, require near them: where these move, those could not be made again where they stand. */
function neededNearby(pods: readonly Pod[], staying: readonly Pod[]): ReadonlySet<Pod> {
  const terms = distinct(pods.flatMap(({ constraints }) => constraints?.near ?? []));
  const index = new PodIndex(terms.length > 0 ? staying : []);
  return new Set(terms.flatMap((term) => index.meantBy(term, "perhaps")));
}
