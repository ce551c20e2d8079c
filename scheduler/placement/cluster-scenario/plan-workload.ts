import { type Pod, podKey } from "../../../core/model/pod.ts";
import type { ClusterNodes } from "./cluster-nodes.ts";
import { distinct } from "./distinct.ts";
import type { NodeFilter, NodeSet } from "./node-filter.ts";
import { PlannedWorkload } from "./planned-workload.ts";
import type { Remarks } from "./remarks.ts";
import { requestOf } from "./resource-amounts.ts";
import type { WorkloadPods } from "./sort-pods.ts";

export interface PlanParts {
  readonly nodes: ClusterNodes;
  readonly filter: NodeFilter;
  readonly resources: readonly string[];
  readonly remarks: Remarks;
  /** By workload key, why it is left alone. */
  readonly leftAlone: ReadonlyMap<string, string>;
}

/**
 * A workload with one request and one set of nodes, as a scenario's service has them. Pending pods that differ all count as the
 * most demanding. A pod that stands and could not be made again as the others are, or not there, stays.
 */
export function planWorkload(pods: WorkloadPods, parts: PlanParts): PlannedWorkload {
  const { key, pending } = pods;
  const { nodes, filter, resources, remarks, leftAlone } = parts;
  const request = commonRequest(pods, resources);
  if (leftAlone.has(key))
    return new PlannedWorkload({
      ...{ key, movable: [], pending: [], fixed: [...pods.fixed, ...pods.movable] },
      ...{ request, allowed: filter.allowing() },
    });
  const allowed = intersection([...pending, ...pods.movable], filter);
  const fixed = [...pods.fixed];
  const movable: Pod[] = [];
  for (const pod of pods.movable) {
    const why = whyItCannotMove(pod);
    if (why !== undefined) remarks.add(`stays, as ${why}`, podKey(pod));
    (why === undefined ? movable : fixed).push(pod);
  }
  return new PlannedWorkload({ key, fixed, movable, pending, request, allowed });

  function whyItCannotMove(pod: Pod): string | undefined {
    if (requestOf(pod, resources).some((amount, index) => amount !== request[index]))
      return "others of its workload ask for other amounts";
    return allowed[nodes.indexOf(pod)] === 1 ? undefined : "it could not be put again where it stands";
  }
}

/** Of pending pods the largest amounts, else what most of those that may move ask for. If all stay, any of them will do. */
function commonRequest({ pending, movable, fixed }: WorkloadPods, resources: readonly string[]): readonly number[] {
  const rows = (pods: readonly Pod[]) => pods.map((pod) => requestOf(pod, resources));
  if (pending.length > 0)
    return rows(pending).reduce((most, row) => most.map((amount, index) => Math.max(amount, row[index] ?? 0)));
  const counted = new Map<string, { readonly row: readonly number[]; count: number }>();
  for (const row of rows(movable.length > 0 ? movable : fixed.slice(0, 1))) {
    const alike = counted.get(row.join()) ?? { row, count: 0 };
    alike.count++;
    counted.set(row.join(), alike);
  }
  const [most] = [...counted.values()].sort((a, b) => b.count - a.count);
  return most?.row ?? resources.map(() => 0);
}

function intersection(pods: readonly Pod[], filter: NodeFilter): NodeSet {
  const sets = distinct(pods.map(({ constraints }) => constraints)).map((constraints) => filter.allowing(constraints));
  const [first = filter.allowing(), ...others] = sets;
  const allowed = first.slice();
  for (const set of others) for (let node = 0; node < set.length; node++) if (set[node] === 0) allowed[node] = 0;
  return allowed;
}
