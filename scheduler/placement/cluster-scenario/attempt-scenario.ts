/** One way through all limits. What turns out not to be expressible is to be left alone, and then the others' limits are others. */
import { type Pod, podKey } from "../../../core/model/pod.ts";
import type { ClusterScenario, ClusterScenarioInput } from "../cluster-scenario.ts";
import { buildScenario } from "./build-scenario.ts";
import type { ClusterNodes } from "./cluster-nodes.ts";
import { keepApart } from "./keep-apart.ts";
import { keepNear } from "./keep-near.ts";
import { keepPortsApart } from "./keep-ports-apart.ts";
import { keepSpread } from "./keep-spread.ts";
import { hasRoom, type NodeRoom, nodeRooms } from "./node-capacities.ts";
import { NodeFilter } from "./node-filter.ts";
import { planWorkload } from "./plan-workload.ts";
import type { PlannedWorkload } from "./planned-workload.ts";
import { PodIndex } from "./pod-index.ts";
import { Remarks } from "./remarks.ts";
import { resourcesOf } from "./resource-amounts.ts";
import type { Situation } from "./situation.ts";
import type { SortedPods } from "./sort-pods.ts";

/** Why a workload is left alone that has more pending pods than fit on all nodes together. */
export const noRoomForIt = "no node has room for it";

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
  const parts = { nodes, filter: new NodeFilter(nodes), remarks };
  const workloads = new Map(
    groups.map((group) => [group.key, planWorkload(group, { ...parts, resources, leftAlone })]),
  );
  const situation = situationOf({ ...parts, workloads, sorted });
  limit(situation);
  const services = servicesOf(input, workloads);
  const others = [...otherPods(workloads, services), ...sorted.leaving];
  const rooms = nodeRooms({ nodes, resources, services, others, remarks });
  for (const workload of situation.planned) requireRoom(workload, rooms, nodes);
  const refused = situation.planned.flatMap(({ key, whyLeftAlone }): [string, string][] =>
    whyLeftAlone === undefined ? [] : [[key, whyLeftAlone]],
  );
  if (refused.length > 0) return { kind: "refused", leftAlone: new Map(refused) };
  const unplanned = new Map([...sorted.unplanned, ...pendingOf(sorted, leftAlone, remarks)]);
  const scenario = buildScenario({ input, nodes, resources, services, rooms });
  return { kind: "built", result: { scenario, remarks: remarks.lines(), unplanned } };
}

/** Spread comes last: it asks which domains the others have left open. */
function limit(situation: Situation): void {
  for (const workload of situation.planned) keepNear(situation, workload);
  keepApart(situation);
  keepPortsApart(situation);
  for (const workload of situation.planned) keepSpread(situation, workload);
}

function requireRoom(workload: PlannedWorkload, rooms: readonly NodeRoom[], nodes: ClusterNodes): void {
  if (!workload.allowed.includes(1)) workload.leaveAlone("no node is open to it");
  if (workload.pending.length > 0 && !hasRoom(workload, rooms, nodes)) workload.leaveAlone(noRoomForIt);
}

/** Remarks on all that is left alone. @returns by key, its pending pods. */
function pendingOf(
  { workloads }: SortedPods,
  leftAlone: ReadonlyMap<string, string>,
  remarks: Remarks,
): readonly (readonly [string, string])[] {
  return [...leftAlone].flatMap(([key, why]) => {
    const { pending = [] } = workloads.get(key) ?? {};
    remarks.add(pending.length > 0 ? `left to kube-scheduler, as ${why}` : `stays, as ${why}`, key);
    return pending.map((pod) => [podKey(pod), why] as const);
  });
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

/** On nodes, of workloads that are no services. */
function otherPods(
  workloads: ReadonlyMap<string, PlannedWorkload>,
  services: readonly PlannedWorkload[],
): readonly Pod[] {
  const served = new Set(services);
  return [...workloads.values()].filter((workload) => !served.has(workload)).flatMap(({ fixed }) => fixed);
}
