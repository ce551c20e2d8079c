/** Where the traffic between a pod's workload and one peer would go if the pod stood on a node: for explanations. */
import { type Locality, localities } from "../../core/model/locality.ts";
import { groupedLocalities } from "../../core/model/topology.ts";
import type { ScoringInput, ScoringPeer } from "./score-plugin.ts";

export type LocalityShares = Readonly<Record<Locality, number>>;

/**
 * Parts of the traffic by locality under the balanced split; they sum to 1. Up to a locality, sum over its groups of
 * min(S_g, T_g) is kept; what a locality itself carries is the difference to the one before.
 */
export function localityShares(input: ScoringInput, peer: ScoringPeer, candidate: number): LocalityShares {
  const shares = { node: 0, rack: 0, zone: 0, region: 0, other: 0 };
  let kept = 0;
  for (const level of groupedLocalities) {
    const within = Math.max(kept, keptWithin(level, { input, peer, candidate }));
    shares[level] = within - kept;
    kept = within;
  }
  shares.other = Math.max(0, 1 - kept);
  return shares;
}

/** What a byte costs on average under these shares. */
export function meanCost(shares: LocalityShares, costs: Readonly<Record<Locality, number>>): number {
  return localities.reduce((sum, locality) => sum + shares[locality] * costs[locality], 0);
}

interface Standing {
  readonly input: ScoringInput;
  readonly peer: ScoringPeer;
  readonly candidate: number;
}

function keptWithin(level: (typeof groupedLocalities)[number], { input, peer, candidate }: Standing): number {
  if (peer.isOwn) return 1;
  const { topology, own } = input;
  const standsIn = topology.grouping(level).groupOfNode[candidate];
  const { groups: ownGroups, counts: ownCounts } = own.at(level);
  const sent = new Map<number, number>();
  for (let i = 0; i < ownGroups.length; i++) sent.set(ownGroups[i] ?? 0, ownCounts[i] ?? 0);
  if (standsIn !== undefined) sent.set(standsIn, (sent.get(standsIn) ?? 0) + 1);
  const { groups, counts } = peer.replicas.at(level);
  let kept = 0;
  for (let i = 0; i < groups.length; i++)
    kept += Math.min((sent.get(groups[i] ?? 0) ?? 0) / (own.total + 1), (counts[i] ?? 0) / peer.replicas.total);
  return kept;
}
