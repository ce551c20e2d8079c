/** What a pod's traffic would cost from each node, and with whom it would be there. */
import { type Locality, localities } from "../core/model/locality.ts";
import { nodeAt } from "./asked-nodes.ts";
import type { PrioritizeDecision } from "./decision-log.ts";
import { type LocalityShares, type PeerSplit, splitsWith } from "./plugins/locality-shares.ts";

/** Whatever the limits, so that an answer has at most so many rows for each of its nodes. */
const COSTS_PER_NODE_MAX = 20;

export interface ExplainedNode {
  readonly node: string;
  readonly score: number;
  readonly worth: number;
  /** With all peers. */
  readonly cost: number;
  readonly bytesPerSecondByLocality: Readonly<Record<Locality, number>>;
  /** Of the peers with most traffic, largest first. */
  readonly costs: readonly NodeCost[];
  /** Of all other peers together. */
  readonly costOfOthers: number;
  readonly isKnown: boolean;
  readonly neighbours: readonly { readonly workload: string; readonly replicas: number }[];
}

/** What the traffic with one peer would cost from a node. */
interface NodeCost {
  readonly peer: string;
  readonly bytesPerSecond: number;
  readonly cost: number;
  /** Which part goes how far under the split that the mesh is taken to use: balanced, and as near as it can be. */
  readonly split: LocalityShares;
}

/** By place in the question; undefined where no plugin was asked. Each node costs O(peers). @param flowsMax peers named for a node. */
export function nodeExplainer(
  decision: PrioritizeDecision,
  flowsMax: number,
): ((place: number) => ExplainedNode) | undefined {
  const { question, scoring } = decision;
  if (!question || !scoring) return undefined;
  const peers = question.peers
    .map((peer) => ({ ...peer, splitAt: splitsWith(question, peer) }))
    .sort((a, b) => b.bytesPerSecond - a.bytesPerSecond);
  const costsMax = Math.min(flowsMax, COSTS_PER_NODE_MAX);
  return (place) => {
    const candidate = question.candidates[place] ?? -1;
    const node = nodeAt(decision, place);
    const costs = peers.map((peer) => nodeCost(peer, peer.splitAt(candidate)));
    return {
      node,
      score: decision.answered?.[place] ?? 0,
      worth: scoring.worth[place] ?? 0,
      cost: sumOf(costs),
      bytesPerSecondByLocality: byLocality(costs),
      costs: costs.slice(0, costsMax),
      costOfOthers: sumOf(costs.slice(costsMax)),
      isKnown: candidate >= 0,
      neighbours: peers
        .filter(({ replicas }) => replicas.onNode(node) > 0)
        .slice(0, flowsMax)
        .map(({ workload, replicas }) => ({ workload, replicas: replicas.onNode(node) })),
    };
  };
}

function nodeCost(
  { workload, bytesPerSecond }: { readonly workload: string; readonly bytesPerSecond: number },
  { shares: split, costPerByte }: PeerSplit,
): NodeCost {
  return { peer: workload, bytesPerSecond, cost: bytesPerSecond * costPerByte, split };
}

function sumOf(costs: readonly NodeCost[]): number {
  return costs.reduce((sum, { cost }) => sum + cost, 0);
}

function byLocality(costs: readonly NodeCost[]): Record<Locality, number> {
  const sums = { node: 0, rack: 0, zone: 0, region: 0, other: 0 };
  for (const { bytesPerSecond, split } of costs)
    for (const locality of localities) sums[locality] += bytesPerSecond * split[locality];
  return sums;
}
