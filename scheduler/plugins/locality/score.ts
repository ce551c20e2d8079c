/** How much the traffic gets cheaper when the pod stands on a node, under the split that the mesh will use. */
import type { CostLevel } from "../../../core/model/group-costs.ts";
import { scoresFromWorst } from "../normalise.ts";
import type { ScorePlugin, ScoringInput, ScoringPeer } from "../score-plugin.ts";

/**
 * Groups of nodes nest, and the balanced split keeps min(S_g, T_g) within each group g, where S_g and T_g are the shares of
 * the two workloads' replicas in it. What stays in g and in no smaller group costs cost(g) a byte, so
 *
 *     cost = cost(everything) - sum over groups g of step(g) * min(S_g, T_g)    step(g) = cost(the group around g) - cost(g)
 *
 * A pod that comes to n others makes S_g = (n_g + 1) / (n + 1) in its own groups and n_g / (n + 1) in all others, so nodes
 * differ only by what their own groups gain:
 *
 *     worth(node) = sum over peers p, groups g of the node of bytesPerSecond(p) * step(g) * (min((n_g + 1) / (n + 1), T_g) - min(n_g / (n + 1), T_g))
 *
 * That is zero wherever no replica of the peer stands in g. The difference of two nodes' worth is exactly the difference of
 * what the split costs over all pairs; a test compares. Steps may be different in each group, as where costs are measured.
 */
export const locality: ScorePlugin = {
  name: "locality",
  worthUnit: "bytes per second times cost of locality saved, compared with a node that is near nobody",
  score(input) {
    const { candidates, costs } = input;
    const worth = new Float64Array(candidates.length);
    for (const level of costs.levels) {
      if (isFlat(level)) continue;
      const gains = groupGains(input, level);
      const { groupOfNode } = level.grouping;
      for (let i = 0; i < candidates.length; i++)
        worth[i] = (worth[i] ?? 0) + (gains[groupOfNode[candidates[i] ?? -1] ?? -1] ?? 0);
    }
    return { worth, scores: scoresFromWorst(worth) };
  },
  parts(input, candidate) {
    const parts = new Float64Array(input.peers.length);
    for (const { locality: level, grouping, steps } of input.costs.levels) {
      const group = grouping.groupOfNode[candidate];
      if (group === undefined) continue;
      const step = steps[group] ?? 0;
      const sent = input.own.inGroup(level, group);
      for (const [at, { isOwn, bytesPerSecond, replicas }] of input.peers.entries()) {
        if (isOwn) continue;
        const taken = replicas.inGroup(level, group) / replicas.total;
        parts[at] = (parts[at] ?? 0) + bytesPerSecond * step * moreKept(sent, input.own.total + 1, taken);
      }
    }
    return parts;
  },
  behind: (rate) => `would cost ${rate} more, weighed by distance`,
};

/** Where nothing costs more further out, nothing is saved by being near. */
function isFlat({ steps }: CostLevel): boolean {
  return steps.every((step) => step === 0);
}

/** By group at one level: what standing in it saves. */
function groupGains({ own, peers }: ScoringInput, level: CostLevel): Float64Array {
  const gains = new Float64Array(level.grouping.count);
  const ownCounts = own.denseAt(level.locality);
  for (const peer of peers) if (!peer.isOwn) addGains(gains, { peer, level, ownCounts, ownTotal: own.total + 1 });
  return gains;
}

interface PeerGains {
  readonly peer: ScoringPeer;
  readonly level: CostLevel;
  readonly ownCounts: Float64Array;
  readonly ownTotal: number;
}

function addGains(gains: Float64Array, { peer, level, ownCounts, ownTotal }: PeerGains): void {
  const { groups, counts } = peer.replicas.at(level.locality);
  const { steps } = level;
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i] ?? 0;
    const taken = (counts[i] ?? 0) / peer.replicas.total;
    const kept = moreKept(ownCounts[group] ?? 0, ownTotal, taken);
    gains[group] = (gains[group] ?? 0) + peer.bytesPerSecond * (steps[group] ?? 0) * kept;
  }
}

/** By how much one more replica in a group makes min(S_g, T_g) larger. */
function moreKept(sent: number, ownTotal: number, taken: number): number {
  return Math.min((sent + 1) / ownTotal, taken) - Math.min(sent / ownTotal, taken);
}
