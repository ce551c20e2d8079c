/** Where a pod goes whose peers stand nowhere yet, so that they know where to follow. */
import { present } from "../core/model/invariant.ts";
import type { ReplicaCounts } from "../core/model/replica-counts.ts";

export interface Anchor {
  readonly node: string;
  /** Workload key: it stands there, and the pod's peers lead to it; undefined where none of theirs stands anywhere either. */
  readonly beside: string | undefined;
}

export interface TalkingTo {
  /** Workload key. */
  readonly workload: string;
  readonly bytesPerSecond: number;
}

export interface AnchorKnowledge {
  /** Whom a workload talks to. */
  neighboursOf(workload: string): readonly TalkingTo[];
  /** Replicas that stand, or are assumed to. */
  replicasOf(workload: string): ReplicaCounts;
  /** The part of the scarcest resource that nobody has asked for, in [0, 1]; undefined of an unknown node. */
  freePartOf(node: string): number | undefined;
}

/** At the recommended weight 300 points, as much as a middling preference by flows: it is one, a few hops away. */
const BESIDE_SCORE = 6;
/** 100 points: of nodes that are otherwise alike it should be this one, and nothing that kube-scheduler prefers is outvoted. */
const FRESH_SCORE = 2;

export function anchorScores({ node, beside }: Anchor, nodeNames: readonly string[]): Uint8Array {
  const scores = new Uint8Array(nodeNames.length);
  scores[nodeNames.indexOf(node)] = beside === undefined ? FRESH_SCORE : BESIDE_SCORE;
  return scores;
}

/** So many workloads are looked at on the way: a rollout has some dozens. */
const WORKLOADS_MAX = 64;

/**
 * Beside the first workload with a place that is reached from the pod's own over those that have none, always along the most
 * traffic: a peer that comes next would be put there for its own peer's sake. Else beside another replica of the pod's workload,
 * which its peers will come to as well; else on the node with most room for those that follow.
 *
 * @returns undefined where none of the nodes is known.
 */
export function anchorNode(
  workload: string,
  nodeNames: readonly string[],
  knowledge: AnchorKnowledge,
): Anchor | undefined {
  const beside = nearestPlaced(workload, nodeNames, knowledge);
  if (beside) return beside;
  const own = nodeWithMost(knowledge.replicasOf(workload), nodeNames);
  if (own !== undefined) return { node: own, beside: workload };
  const node = mostOf(nodeNames, (name) => knowledge.freePartOf(name));
  return node === undefined ? undefined : { node, beside: undefined };
}

function nearestPlaced(
  workload: string,
  nodeNames: readonly string[],
  { neighboursOf, replicasOf }: AnchorKnowledge,
): Anchor | undefined {
  const seen = new Set([workload]);
  const edge: TalkingTo[] = [...neighboursOf(workload)];
  while (edge.length > 0 && seen.size <= WORKLOADS_MAX) {
    const { workload: next } = takeMost(edge);
    if (seen.has(next)) continue;
    seen.add(next);
    const node = nodeWithMost(replicasOf(next), nodeNames);
    if (node !== undefined) return { node, beside: next };
    edge.push(...neighboursOf(next).filter((neighbour) => !seen.has(neighbour.workload)));
  }
  return undefined;
}

function nodeWithMost(replicas: ReplicaCounts, nodeNames: readonly string[]): string | undefined {
  return replicas.total === 0 ? undefined : mostOf(nodeNames, (name) => replicas.onNode(name) || undefined);
}

/** The neighbour with the most traffic; of equals the first by name. */
function takeMost(edge: TalkingTo[]): TalkingTo {
  edge.sort((a, b) => a.bytesPerSecond - b.bytesPerSecond || (a.workload < b.workload ? 1 : -1));
  return present(edge.pop(), "neighbour");
}

/** The first of those with the most. */
function mostOf(nodeNames: readonly string[], amountOf: (node: string) => number | undefined): string | undefined {
  let [best, most]: [string | undefined, number] = [undefined, Number.NEGATIVE_INFINITY];
  for (const node of nodeNames) {
    const amount = amountOf(node);
    if (amount === undefined || amount <= most) continue;
    [best, most] = [node, amount];
  }
  return best;
}
