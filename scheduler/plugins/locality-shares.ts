/** Where the traffic between a pod's workload and one peer would go if the pod stood on a node, and what it would cost: for explanations. */
import type { CostLevel, GroupCosts } from "../../core/model/group-costs.ts";
import type { Locality } from "../../core/model/locality.ts";
import type { GroupCounts, ReplicaCounts } from "../../core/model/replica-counts.ts";
import type { ScoringInput, ScoringPeer } from "./score-plugin.ts";

/** Parts of the traffic by locality; they sum to 1. */
export type LocalityShares = Readonly<Record<Locality, number>>;

export interface PeerSplit {
  readonly shares: LocalityShares;
  /** On average. */
  readonly costPerByte: number;
}

/**
 * By candidate, the balanced split in closed form. Up to a level, sum over its groups g of min(S_g, T_g) is kept; what the level's
 * locality itself carries is the difference to the one before, and each group saves its own step: see `locality/score.ts`. What all
 * candidates have in common is added up once, so that asking for one costs O(levels).
 */
export function splitsWith(input: ScoringInput, peer: ScoringPeer): (candidate: number) => PeerSplit {
  if (peer.isOwn) {
    const own = { shares: { ...nowhere, node: 1 }, costPerByte: meanNodeCost(input.costs) };
    return () => own;
  }
  const levels = input.costs.levels.map((level) => keptWithout(level, input.own, peer.replicas));
  return (candidate) => {
    const shares = { ...nowhere };
    let kept = 0;
    let costPerByte = input.costs.farCost;
    for (const level of levels) {
      const within = keptWith(level, candidate);
      shares[level.locality] = Math.max(0, within.kept - kept);
      kept = Math.max(kept, within.kept);
      costPerByte -= within.saved;
    }
    shares.other = Math.max(0, 1 - kept);
    return { shares, costPerByte: Math.max(0, costPerByte) };
  };
}

const nowhere: LocalityShares = { node: 0, rack: 0, zone: 0, region: 0, other: 0 };

interface Kept {
  readonly kept: number;
  /** Cost of a byte. */
  readonly saved: number;
}

/** What is kept at one level before the pod comes, but with its share taken off all others. */
interface KeptWithout extends CostLevel, Kept {
  readonly ownTotal: number;
  /** Replicas by group. */
  readonly own: ReadonlyMap<number, number>;
  readonly taken: ReadonlyMap<number, number>;
}

function keptWithout(level: CostLevel, own: ReplicaCounts, peer: ReplicaCounts): KeptWithout {
  const ownTotal = own.total + 1;
  const sent = countsByGroup(own.at(level.locality), 1);
  const taken = countsByGroup(peer.at(level.locality), peer.total);
  let [kept, saved] = [0, 0];
  for (const [group, share] of taken) {
    const part = Math.min((sent.get(group) ?? 0) / ownTotal, share);
    kept += part;
    saved += part * (level.steps[group] ?? 0);
  }
  return { ...level, ownTotal, own: sent, taken, kept, saved };
}

function keptWith({ grouping, steps, ownTotal, own, taken, kept, saved }: KeptWithout, candidate: number): Kept {
  const group = grouping.groupOfNode[candidate];
  const share = group === undefined ? undefined : taken.get(group);
  if (group === undefined || share === undefined) return { kept, saved };
  const sent = own.get(group) ?? 0;
  const more = Math.min((sent + 1) / ownTotal, share) - Math.min(sent / ownTotal, share);
  return { kept: kept + more, saved: saved + more * (steps[group] ?? 0) };
}

function countsByGroup({ groups, counts }: GroupCounts, total: number): ReadonlyMap<number, number> {
  const byGroup = new Map<number, number>();
  for (const [i, group] of groups.entries()) byGroup.set(group, (counts[i] ?? 0) / total);
  return byGroup;
}

/** A workload's traffic with itself stays on its nodes wherever they are, so no node of them is better for it. */
function meanNodeCost({ levels: [nodes], farCost }: GroupCosts): number {
  const costs = nodes?.costs ?? new Float64Array();
  return costs.length === 0 ? farCost : costs.reduce((sum, cost) => sum + cost / costs.length, 0);
}
