/** Chains that want the same traffic, and none of which was given precedence over the other. */
import type { ServiceFunctionChain } from "../../core/model/chain.ts";
import { compareChains } from "../../core/model/chain-order.ts";
import { matchesOverlap } from "../../core/model/match-overlap.ts";
import { type ClusterState, classifierPods, objectKey } from "./cluster-state.ts";

/** Others that are named; a chain that has more conflicts has the same one with all of them. */
const NAMED_MAX = 5;

/**
 * By the chain's `namespace/name`, in a sentence: chains of one priority, to one port of one Service, from a pod in common,
 * with keys that can hold for the same traffic. O(chains of one port squared, times their pods).
 */
export function chainConflicts(state: ClusterState): ReadonlyMap<string, string> {
  const byPort = Map.groupBy(state.chains, ({ namespace, priority, classifier: { to } }) =>
    [namespace, to.service, to.port, priority].join(" "),
  );
  const conflicts = new Map<string, string>();
  for (const chains of byPort.values()) {
    if (chains.length < 2) continue;
    const pods = new Map(chains.map((chain) => [chain, podNames(chain, state)]));
    for (const chain of chains) {
      const rivals = chains.filter((other) => other !== chain && overlap(pods, chain, other));
      if (rivals.length > 0) conflicts.set(objectKey(chain), sentence(chain, rivals));
    }
  }
  return conflicts;
}

type PodNames = ReadonlyMap<ServiceFunctionChain, ReadonlySet<string>>;

function podNames(chain: ServiceFunctionChain, state: ClusterState): ReadonlySet<string> {
  return new Set(classifierPods(state, chain).map(({ name }) => name));
}

function overlap(pods: PodNames, a: ServiceFunctionChain, b: ServiceFunctionChain): boolean {
  const [ofA, ofB] = [pods.get(a), pods.get(b)];
  if (ofA === undefined || ofB === undefined || ofA.isDisjointFrom(ofB)) return false;
  return matchesOverlap(a.classifier.match, b.classifier.match);
}

function sentence(chain: ServiceFunctionChain, rivals: readonly ServiceFunctionChain[]): string {
  const [first] = [chain, ...rivals].sort(compareChains);
  const names = rivals.slice(0, NAMED_MAX).map(({ name }) => name);
  const more = rivals.length > names.length ? ` and ${rivals.length - names.length} more` : "";
  const { service, port } = chain.classifier.to;
  return `${names.join(", ")}${more} of the same priority ${chain.priority} can mean the same traffic to ${service}:${port}: ${first?.name} goes first`;
}
