/**
 * Required pod anti-affinity, both ways round as kube-scheduler has it: what a pod keeps away from, and what keeps away from it.
 * Pods that stay close domains; pods whose place is open keep apart in pairs of workloads.
 * Source: interpodaffinity/filtering.go, `satisfyPodAntiAffinity`, `satisfyExistingPodsAntiAffinity`.
 */
import type { Pod } from "../../../core/model/pod.ts";
import type { PodTerm } from "../../../core/model/pod-term.ts";
import type { Division } from "./cluster-nodes.ts";
import { distinct } from "./distinct.ts";
import type { PlannedWorkload } from "./planned-workload.ts";
import { countByDomain, domainOf, type Situation, workloadOf } from "./situation.ts";

/** A term is unsure of namespaces whose labels decide: it is taken to mean them. */
const SURE = "perhaps";

export function keepApart(situation: Situation): void {
  for (const workload of situation.planned)
    for (const term of distinct(workload.open.flatMap(({ constraints }) => constraints?.apart ?? []))) {
      awayFromSettled(situation, workload, term);
      awayFromOpen(situation, workload, term);
    }
  settledKeepAway(situation);
}

function awayFromSettled(situation: Situation, workload: PlannedWorkload, term: PodTerm): void {
  const division = situation.nodes.division(term.topologyKey);
  const domains = new Set(situation.settledIndex.meantBy(term, SURE).map((pod) => domainOf(situation, pod, division)));
  for (const domain of domains) workload.block(division, domain);
}

function awayFromOpen(situation: Situation, workload: PlannedWorkload, term: PodTerm): void {
  const division = situation.nodes.division(term.topologyKey);
  const meant = new Map<PlannedWorkload, number>();
  for (const pod of situation.open.meantBy(term, SURE)) {
    const other = workloadOf(situation, pod);
    if (other) meant.set(other, (meant.get(other) ?? 0) + 1);
  }
  for (const [other, count] of meant) {
    if (count < other.open.length)
      situation.remarks.add("kept apart as a whole, though only some of its pods are meant", other.key);
    separate(situation, workload, other, division);
  }
}

/** No replica of the one shares a domain with one of the other; each with itself where they are the same. */
export function separate(
  situation: Situation,
  workload: PlannedWorkload,
  other: PlannedWorkload,
  division: Division,
): void {
  const isOwn = workload === other;
  if (isOwn && workload.open.length + workload.fixed.length < 2) return;
  if (isOwn && division.isByNode) {
    workload.atMostPerNode(1);
    return;
  }
  const own = countByDomain(situation, workload.fixed, division);
  const others = isOwn ? own : countByDomain(situation, other.fixed, division);
  if (own.some((count, domain) => (isOwn ? count > 1 : count > 0 && (others[domain] ?? 0) > 0)))
    workload.leaveAlone("pods that stay stand together already where they should be apart");
  workload.keepApart(division, other.key);
}

/** Each distinct term of the pods that stay is asked once, whoever and how many have it. */
function settledKeepAway(situation: Situation): void {
  const holders = new Map<string, { readonly term: PodTerm; readonly pods: Pod[] }>();
  const shy = [...situation.settled].filter(({ constraints }) => constraints?.apart);
  // Pods of one workload share their constraints, so that few terms have to be written out.
  for (const [constraints, pods] of Map.groupBy(shy, (pod) => pod.constraints))
    for (const term of constraints?.apart ?? []) {
      const text = JSON.stringify(term);
      const holding = holders.get(text) ?? { term, pods: [] };
      holding.pods.push(...pods);
      holders.set(text, holding);
    }
  for (const { term, pods } of holders.values()) {
    const meant = new Set(situation.open.meantBy(term, SURE).map((pod) => workloadOf(situation, pod)));
    if (meant.size === 0) continue;
    const division = situation.nodes.division(term.topologyKey);
    const domains = new Set(pods.map((pod) => domainOf(situation, pod, division)));
    for (const workload of meant) for (const domain of domains) workload?.block(division, domain);
  }
}
