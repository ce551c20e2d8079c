/** Where the traffic between a pod's workload and one peer would go if the pod stood on a node, and what it would cost: for explanations. */
import type { CostLevel, GroupCosts } from "../../core/model/group-costs.ts";
import type { Locality } from "../../core/model/locality.ts";
import type { ScoringInput, ScoringPeer } from "./score-plugin.ts";

/** Parts of the traffic by locality; they sum to 1. */
export type LocalityShares = Readonly<Record<Locality, number>>;

export interface PeerSplit {
  readonly shares: LocalityShares;
  /** On average. */
  readonly costPerByte: number;
}

/**
 * The balanced split in closed form. Up to a level, sum over its groups g of min(S_g, T_g) is kept; what the level's locality itself
 * carries is the difference to the one before, and each group saves its own step: see `locality/score.ts`.
 */
export function splitWith(input: ScoringInput, peer: ScoringPeer, candidate: number): PeerSplit {
  if (peer.isOwn) return { shares: { ...nowhere, node: 1 }, costPerByte: meanNodeCost(input.costs) };
  const shares = { ...nowhere };
  let kept = 0;
  let costPerByte = input.costs.farCost;
  for (const level of input.costs.levels) {
    const within = keptWithin(level, { input, peer, candidate });
    shares[level.locality] = Math.max(0, within.kept - kept);
    kept = Math.max(kept, within.kept);
    costPerByte -= within.saved;
  }
  shares.other = Math.max(0, 1 - kept);
  return { shares, costPerByte: Math.max(0, costPerByte) };
}

const nowhere: LocalityShares = { node: 0, rack: 0, zone: 0, region: 0, other: 0 };

interface Standing {
  readonly input: ScoringInput;
  readonly peer: ScoringPeer;
  readonly candidate: number;
}

function keptWithin(level: CostLevel, { input, peer, candidate }: Standing): { kept: number; saved: number } {
  const { own } = input;
  const standsIn = level.grouping.groupOfNode[candidate];
  const { groups: ownGroups, counts: ownCounts } = own.at(level.locality);
  const sent = new Map<number, number>();
  for (let i = 0; i < ownGroups.length; i++) sent.set(ownGroups[i] ?? 0, ownCounts[i] ?? 0);
  if (standsIn !== undefined) sent.set(standsIn, (sent.get(standsIn) ?? 0) + 1);
  const { groups, counts } = peer.replicas.at(level.locality);
  const within = { kept: 0, saved: 0 };
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i] ?? 0;
    const kept = Math.min((sent.get(group) ?? 0) / (own.total + 1), (counts[i] ?? 0) / peer.replicas.total);
    within.kept += kept;
    within.saved += kept * (level.steps[group] ?? 0);
  }
  return within;
}

/** A workload's traffic with itself stays on its nodes wherever they are, so no node of them is better for it. */
function meanNodeCost({ levels: [nodes], farCost }: GroupCosts): number {
  const costs = nodes?.costs ?? new Float64Array();
  return costs.length === 0 ? farCost : costs.reduce((sum, cost) => sum + cost / costs.length, 0);
}
