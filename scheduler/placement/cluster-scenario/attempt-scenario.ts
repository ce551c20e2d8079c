/** One way through all limits. What turns out not to be expressible is to be left alone, and then the others' limits are others. */
import { podKey } from "../../../core/model/pod.ts";
import type { ClusterScenario, ClusterScenarioInput } from "../cluster-scenario.ts";
import { buildScenario } from "./build-scenario.ts";
import type { ClusterNodes } from "./cluster-nodes.ts";
import { keepApart } from "./keep-apart.ts";
import { keepNear } from "./keep-near.ts";
import { keepPortsApart } from "./keep-ports-apart.ts";
import { keepSpread } from "./keep-spread.ts";
import { hasRoom, nodeRooms } from "./node-capacities.ts";
import { NodeFilter } from "./node-filter.ts";
import { planWorkload } from "./plan-workloads.ts";
import type { PlannedWorkload } from "./planned-workload.ts";
import { PodIndex } from "./pod-index.ts";
import { Remarks } from "./remarks.ts";
import { resourcesOf } from "./resource-amounts.ts";
import type { Situation } from "./situation.ts";
import type { SortedPods } from "./sort-pods.ts";

export type Attempt =
  | { readonly kind: "built"; readonly result: ClusterScenario }
  /** By workload key, why: at least one that was not left alone before. */
  | { readonly kind: "refused"; readonly leftAlone: ReadonlyMap<string, string> };

export function attemptScenario(
  input: ClusterScenarioInput,
  nodes: ClusterNodes,
  sorted: SortedPods,
  leftAlone: ReadonlyMap<string, string>,
): Attempt {
  const remarks = new Remarks(sorted.remarks);
  const groups = [...sorted.workloads.values()];
  const resources = resourcesOf(groups.flatMap(({ pending, movable }) => [...pending, ...movable]));
  const filter = new NodeFilter(nodes);
  const parts = { nodes, filter, resources, remarks, leftAlone };
  const workloads = new Map(groups.map((group) => [group.key, planWorkload(group, parts)]));
  const situation = situationOf({ nodes, filter, remarks, workloads, sorted });
  for (const workload of situation.planned) keepNear(situation, workload);
  keepApart(situation);
  keepPortsApart(situation);
  for (const workload of situation.planned) keepSpread(situation, workload);
  const services = servicesOf(input, workloads);
  const served = new Set(services);
  const others = [...workloads.values()].filter((workload) => !served.has(workload)).flatMap(({ fixed }) => fixed);
  const rooms = nodeRooms({ nodes, resources, services, others: [...others, ...sorted.leaving], remarks });
  for (const workload of situation.planned) {
    if (!workload.allowed.includes(1)) workload.leaveAlone("no node is open to it");
    if (workload.pending.length > 0 && !hasRoom(workload, rooms, nodes)) workload.leaveAlone("no node has room for it");
  }
  const refused = situation.planned.flatMap(({ key, whyLeftAlone }): [string, string][] =>
    whyLeftAlone === undefined ? [] : [[key, whyLeftAlone]],
  );
  if (refused.length > 0) return { kind: "refused", leftAlone: new Map(refused) };
  const unplanned = new Map(sorted.unplanned);
  for (const [key, why] of leftAlone) {
    const { pending = [] } = sorted.workloads.get(key) ?? {};
    for (const pod of pending) unplanned.set(podKey(pod), why);
    remarks.add(pending.length > 0 ? `left to kube-scheduler, as ${why}` : `stays, as ${why}`, key);
  }
  const scenario = buildScenario({ input, nodes, resources, services, rooms });
  return { kind: "built", result: { scenario, remarks: remarks.lines(), unplanned } };
}

type SituationParts = Pick<Situation, "nodes" | "filter" | "remarks" | "workloads"> & { readonly sorted: SortedPods };

function situationOf({ sorted, ...parts }: SituationParts): Situation {
  const all = [...parts.workloads.values()];
  const settled = [...all.flatMap(({ fixed }) => fixed), ...sorted.leaving];
  const planned = all.filter(({ open }) => open.length > 0);
  return {
    ...parts,
    planned,
    open: new PodIndex(planned.flatMap(({ open }) => open)),
    settled: new Set(settled),
    settledIndex: new PodIndex(settled),
    living: new PodIndex(sorted.living),
  };
}

/** Those with pods whose place is open, and those with traffic to others that have pods. */
function servicesOf(
  { traffic }: ClusterScenarioInput,
  workloads: ReadonlyMap<string, PlannedWorkload>,
): PlannedWorkload[] {
  const hasPods = (key: string) => {
    const workload = workloads.get(key);
    return workload !== undefined && workload.open.length + workload.fixed.length > 0;
  };
  const talking = new Set<string>();
  for (const { source, destination } of traffic)
    if (hasPods(source) && hasPods(destination)) for (const key of [source, destination]) talking.add(key);
  return [...workloads.values()]
    .filter(({ key, open }) => open.length > 0 || talking.has(key))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}
