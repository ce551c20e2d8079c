/** Why a node is better for a pod than the others. */
import { bestPlace, isScored, nextPlace, nodeAt, placeOfNode, type ScoredDecision } from "./asked-nodes.ts";
import { compareNodes, type NodeComparison } from "./compare-nodes.ts";
import type { PrioritizeDecision } from "./decision-log.ts";
import { type PluginName, scorePlugins } from "./plugins/registry.ts";

export interface Why extends NodeComparison {
  readonly node: string;
  readonly score: number;
  /** How many other nodes have the same score. */
  readonly equals: number;
  /** What the node is compared with: the best of those with a lower score; undefined where it was the only one. */
  readonly nextNode: string | undefined;
}

/** Of the node where the pod is assumed to go, which is one of the best; undefined without scores that say anything. */
export function whyBest(decision: PrioritizeDecision, plugin: PluginName): Why | undefined {
  if (!isScored(decision)) return undefined;
  const assumed = decision.assumedNode === undefined ? -1 : placeOfNode(decision, decision.assumedNode);
  return whyAt(decision, assumed < 0 ? bestPlace(decision.scoring) : assumed, plugin);
}

/** Of one of the best nodes, by its name. */
export function whyNode(decision: PrioritizeDecision | undefined, node: string, plugin: PluginName): Why | undefined {
  if (!isScored(decision)) return undefined;
  const place = placeOfNode(decision, node);
  return place < 0 ? undefined : whyAt(decision, place, plugin);
}

function whyAt(decision: ScoredDecision, place: number, plugin: PluginName): Why {
  const { question, scoring } = decision;
  const score = scoring.scores[place] ?? 0;
  const next = nextPlace(scoring, score);
  const [here = -1, there = -1] = [question.candidates[place], question.candidates[next]];
  return {
    node: nodeAt(decision, place),
    score,
    equals: scoring.scores.reduce((count, each) => count + Number(each === score), -1),
    nextNode: next < 0 ? undefined : nodeAt(decision, next),
    ...compareNodes(scorePlugins[plugin], question, here, there),
  };
}
