/** Which flows make one node better for a pod than another. */
import { type GroupedLocality, groupedLocalities } from "../core/model/topology.ts";
import type { Question, TalkingPeer } from "./ask-plugin.ts";
import type { FlowOrigin } from "./placement/expected-flow.ts";
import { splitsWith } from "./plugins/locality-shares.ts";
import type { ScorePlugin } from "./plugins/score-plugin.ts";

export interface NodeComparison {
  /** How much more the one node is worth than the other, in the plugin's unit. */
  readonly worthAhead: number;
  /** Those that make the difference, the largest first, whichever node they speak for. */
  readonly flows: readonly FlowDifference[];
}

export interface FlowDifference {
  readonly peer: string;
  readonly bytesPerSecond: number;
  readonly origin: FlowOrigin;
  /** Its part of the whole difference; below 0 where it speaks for the other node. */
  readonly worthAhead: number;
  /** The locality at which the nodes differ most for it. */
  readonly within: GroupedLocality;
  /** What part of its bytes stays within that locality from the one node, and from the other. */
  readonly share: number;
  readonly otherShare: number;
}

const FLOWS_MAX = 5;

/** @param candidate index of a node, and of the `other`; -1 is one that is near nobody. */
export function compareNodes(
  plugin: ScorePlugin,
  question: Question,
  candidate: number,
  other: number,
): NodeComparison {
  const [parts, otherParts] = [plugin.parts(question, candidate), plugin.parts(question, other)];
  const differences = parts.map((part, at) => part - (otherParts[at] ?? 0));
  const largest = question.peers
    .map((peer, at) => ({ peer, worthAhead: differences[at] ?? 0 }))
    .filter(({ worthAhead }) => worthAhead !== 0)
    .sort((a, b) => Math.abs(b.worthAhead) - Math.abs(a.worthAhead))
    .slice(0, FLOWS_MAX);
  return {
    worthAhead: differences.reduce((sum, each) => sum + each, 0),
    flows: largest.map(({ peer, worthAhead }) => flowDifference({ question, peer, candidate, other }, worthAhead)),
  };
}

interface FlowFrom {
  readonly question: Question;
  readonly peer: TalkingPeer;
  readonly candidate: number;
  readonly other: number;
}

function flowDifference({ question, peer, candidate, other }: FlowFrom, worthAhead: number): FlowDifference {
  const splitAt = splitsWith(question, peer);
  const [{ shares }, { shares: otherShares }] = [splitAt(candidate), splitAt(other)];
  const kept = { share: 0, otherShare: 0 };
  let most = { within: "node" as GroupedLocality, share: 0, otherShare: 0 };
  for (const within of groupedLocalities) {
    kept.share += shares[within];
    kept.otherShare += otherShares[within];
    // Rounding in sums of shares is no difference.
    const isLarger = Math.abs(kept.share - kept.otherShare) > Math.abs(most.share - most.otherShare) + 1e-9;
    if (isLarger || within === "node") most = { within, ...kept };
  }
  const { workload, bytesPerSecond, origin } = peer;
  return { peer: workload, bytesPerSecond, origin, worthAhead, ...most };
}
