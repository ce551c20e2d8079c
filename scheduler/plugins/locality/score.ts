/** How much the traffic gets cheaper when the pod stands on a node, under the split that the mesh will use. */
import { present } from "../../../core/model/invariant.ts";
import { type Locality, type LocalityCosts, localities } from "../../../core/model/locality.ts";
import { type GroupedLocality, type Grouping, groupedLocalities } from "../../../core/model/topology.ts";
import { scoresFromWorst } from "../normalise.ts";
import type { ScorePlugin, ScoringInput, ScoringPeer } from "../score-plugin.ts";

/**
 * Groups of nodes nest, and the balanced split keeps min(S_g, T_g) within each group g, where S_g and T_g are the shares of
 * the two workloads' replicas in it. So with localities l from the node outwards
 *
 *     cost = cost(other) - sum over l of step_l * sum over groups g at l of min(S_g, T_g)    step_l = cost(l + 1) - cost(l)
 *
 * A pod that comes to n others makes S_g = (n_g + 1) / (n + 1) in its own groups and n_g / (n + 1) in all others, so nodes
 * differ only by what their own groups gain:
 *
 *     worth(node) = sum over peers p, localities l of bytesPerSecond(p) * step_l * (min((n_g + 1) / (n + 1), T_g) - min(n_g / (n + 1), T_g))
 *
 * with g the node's group at l. That is zero wherever no replica of the peer stands in g. The difference of two nodes' worth
 * is exactly the difference of `pairCost` over all pairs; a test compares.
 */
export const locality: ScorePlugin = {
  name: "locality",
  worthUnit: "bytes per second times cost of locality saved, compared with a node that is near nobody",
  score(input) {
    const { candidates, topology } = input;
    const worth = new Float64Array(candidates.length);
    for (const [level, step] of distinctLevels(input)) {
      const gains = groupGains(input, level, step);
      const { groupOfNode } = topology.grouping(level);
      for (let i = 0; i < candidates.length; i++)
        worth[i] = (worth[i] ?? 0) + (gains[groupOfNode[candidates[i] ?? -1] ?? -1] ?? 0);
    }
    return { worth, scores: scoresFromWorst(worth) };
  },
  parts(input, candidate) {
    const parts = new Float64Array(input.peers.length);
    for (const [level, step] of distinctLevels(input)) {
      const group = input.topology.grouping(level).groupOfNode[candidate];
      if (group === undefined) continue;
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

/** Localities with their steps; those that divide the nodes alike, as where nobody names racks, are one with the sum of their steps. */
function distinctLevels({ topology, costs }: ScoringInput): readonly (readonly [GroupedLocality, number])[] {
  const steps = new Map<Grouping, [GroupedLocality, number]>();
  for (const level of groupedLocalities) {
    const entry = steps.get(topology.grouping(level)) ?? [level, 0];
    entry[1] += stepBehind(level, costs);
    steps.set(topology.grouping(level), entry);
  }
  return [...steps.values()].filter(([, step]) => step !== 0);
}

/** By group at one locality: what standing in it saves. */
function groupGains({ topology, own, peers }: ScoringInput, level: GroupedLocality, step: number): Float64Array {
  const gains = new Float64Array(topology.grouping(level).count);
  const ownCounts = own.denseAt(level);
  for (const peer of peers) if (!peer.isOwn) addGains(gains, { peer, level, step, ownCounts, ownTotal: own.total + 1 });
  return gains;
}

interface PeerGains {
  readonly peer: ScoringPeer;
  readonly level: GroupedLocality;
  readonly step: number;
  readonly ownCounts: Float64Array;
  readonly ownTotal: number;
}

function addGains(gains: Float64Array, { peer, level, step, ownCounts, ownTotal }: PeerGains): void {
  const { groups, counts } = peer.replicas.at(level);
  const weight = peer.bytesPerSecond * step;
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i] ?? 0;
    const taken = (counts[i] ?? 0) / peer.replicas.total;
    gains[group] = (gains[group] ?? 0) + weight * moreKept(ownCounts[group] ?? 0, ownTotal, taken);
  }
}

/** By how much one more replica in a group makes min(S_g, T_g) larger. */
function moreKept(sent: number, ownTotal: number, taken: number): number {
  return Math.min((sent + 1) / ownTotal, taken) - Math.min(sent / ownTotal, taken);
}

/** What a byte costs more at the next locality outwards. */
function stepBehind(level: Locality, costs: LocalityCosts): number {
  const next = present(localities[localities.indexOf(level) + 1], "the locality around a group");
  return costs[next] - costs[level];
}
