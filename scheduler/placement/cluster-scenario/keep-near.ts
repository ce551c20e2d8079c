/**
 * Required pod affinity: only domains count in which a pod that is meant stands now, and such pods stay where they are. What has
 * to wait for others to stand is left alone. Source: interpodaffinity/filtering.go, `satisfyPodAffinity`.
 */
import type { PodTerm } from "../../../core/model/pod-term.ts";
import { distinct } from "./distinct.ts";
import type { PlannedWorkload } from "./planned-workload.ts";
import { domainOf, type Situation } from "./situation.ts";

export function keepNear(situation: Situation, workload: PlannedWorkload): void {
  for (const terms of distinct(workload.open.map(({ constraints }) => constraints?.near ?? [])))
    if (terms.length > 0) keepNearAll(situation, workload, terms);
}

/** A pod counts if all terms mean it, and counts in the domain of each. */
function keepNearAll(situation: Situation, workload: PlannedWorkload, terms: readonly PodTerm[]): void {
  const [first, ...others] = terms.map((term) => new Set(situation.living.meantBy(term, "yes")));
  const meant = [...(first ?? [])].filter((pod) => pod.node !== undefined && others.every((set) => set.has(pod)));
  if (meant.length === 0) {
    workload.leaveAlone("it requires pods near it that do not stand yet");
    return;
  }
  for (const { topologyKey } of terms) {
    const division = situation.nodes.division(topologyKey);
    const domains = new Set(meant.map((pod) => domainOf(situation, pod, division)));
    for (const [node, domain] of division.ofNode.entries())
      if (domain < 0 || !domains.has(domain)) workload.allowed[node] = 0;
  }
}
