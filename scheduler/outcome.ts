/** What kube-scheduler did with an answer: where the pod went, and how much worse than the best node that is by our scores. */
import type { Pod } from "../core/model/pod.ts";
import { bestPlace, isScored, nodeAt, placeOfNode, type ScoredDecision } from "./asked-nodes.ts";
import { compareNodes, type FlowDifference } from "./compare-nodes.ts";
import { adviceOf, type PodDecision, type PrioritizeDecision } from "./decision-log.ts";
import { type PluginName, scorePlugins } from "./plugins/registry.ts";
import { scoreMax } from "./plugins/score-plugin.ts";

export type Outcome =
  /** The view has no such pod: it has gone, or has not come yet. */
  { readonly state: "unseen" } | { readonly state: "pending" } | BoundOutcome;

export interface BoundOutcome {
  readonly state: "bound";
  readonly node: string;
  readonly verdict: Verdict;
}

/** What kube-scheduler made of an answer; neutral ones leave it nothing to make. */
export const placementKinds = ["best", "elsewhere", "planned", "off-plan", "neutral", "unscored"] as const;
export type PlacementKind = (typeof placementKinds)[number];

export type Verdict =
  /** There were no scores, or none for that node. */
  | { readonly kind: "unscored" }
  /** No node was better. */
  | { readonly kind: "best"; readonly score: number }
  | ElsewhereVerdict
  /** Where it was decided before that it should go, by a move or by the plan of its group. */
  | { readonly kind: "planned" }
  | OffPlanVerdict;

export interface OffPlanVerdict {
  readonly kind: "off-plan";
  readonly plannedNode: string;
  /** As of another node than the best; undefined where there was no score for the node. */
  readonly pointsPerWeight: number | undefined;
}

export interface ElsewhereVerdict {
  readonly kind: "elsewhere";
  readonly score: number;
  /** One of the best. */
  readonly bestNode: string;
  readonly bestScore: number;
  /** In the plugin's own unit. */
  readonly worthBehindBest: number;
  /** What makes the difference. */
  readonly flows: readonly FlowDifference[];
  /** By so much at least kube-scheduler's other scores were higher for the node, for each unit of the extender's weight. */
  readonly pointsPerWeight: number;
}

/** kube-scheduler adds an extender's score times its weight times this: its own scores go up to 100, an extender's to 10. */
const POINTS_PER_SCORE = 10;

export function outcomeOf(decision: PodDecision, seen: Pod | undefined, plugin: PluginName): Outcome {
  const { pod, prioritize, bind } = decision;
  const isSame = seen !== undefined && (pod.uid === "" || seen.uid === "" || seen.uid === pod.uid);
  const node = (isSame ? seen.node : undefined) ?? (bind?.error === "" ? bind.node : undefined);
  if (node === undefined) return { state: isSame ? "pending" : "unseen" };
  const verdict = verdictByPlan(node, decision) ?? verdictOn(node, prioritize, plugin);
  return { state: "bound", node, verdict };
}

/** Undefined where the answer was not by a plan. */
function verdictByPlan(node: string, decision: PodDecision): Verdict | undefined {
  const { prioritize } = decision;
  const advice = adviceOf(decision);
  const plannedNode = prioritize?.intended?.node ?? (advice?.kind === "planned" ? advice.node : undefined);
  if (plannedNode === undefined) return undefined;
  if (plannedNode === node) return { kind: "planned" };
  const place = prioritize ? placeOfNode(prioritize, node) : -1;
  const score = place < 0 ? undefined : prioritize?.answered?.[place];
  const pointsPerWeight = score === undefined ? undefined : (scoreMax - score) * POINTS_PER_SCORE;
  return { kind: "off-plan", plannedNode, pointsPerWeight };
}

function verdictOn(node: string, decision: PrioritizeDecision | undefined, plugin: PluginName): Verdict {
  const place = decision ? placeOfNode(decision, node) : -1;
  if (!decision?.scoring || place < 0) return { kind: "unscored" };
  if (!isScored(decision)) return { kind: "best", score: 0 };
  const { scores } = decision.scoring;
  const best = bestPlace(decision.scoring);
  if (scores[place] === scores[best]) return { kind: "best", score: scores[best] ?? 0 };
  return elsewhere(decision, { place, best }, plugin);
}

interface Places {
  readonly place: number;
  readonly best: number;
}

function elsewhere(decision: ScoredDecision, { place, best }: Places, plugin: PluginName): ElsewhereVerdict {
  const { question, scoring } = decision;
  const [score = 0, bestScore = 0] = [scoring.scores[place], scoring.scores[best]];
  const [here = -1, there = -1] = [question.candidates[place], question.candidates[best]];
  return {
    kind: "elsewhere",
    score,
    bestNode: nodeAt(decision, best),
    bestScore,
    worthBehindBest: (scoring.worth[best] ?? 0) - (scoring.worth[place] ?? 0),
    flows: compareNodes(scorePlugins[plugin], question, there, here).flows,
    pointsPerWeight: (bestScore - score) * POINTS_PER_SCORE,
  };
}
