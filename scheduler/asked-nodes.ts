/** The nodes that a decision was about, by their place in the question. */
import type { Question } from "./ask-plugin.ts";
import type { PrioritizeDecision } from "./decision-log.ts";
import type { Scoring } from "./plugins/score-plugin.ts";

/** A decision with scores that say something. */
export interface ScoredDecision extends PrioritizeDecision {
  readonly neutral: undefined;
  readonly question: Question;
  readonly scoring: Scoring;
}

export function isScored(decision: PrioritizeDecision | undefined): decision is ScoredDecision {
  return decision?.question !== undefined && decision.scoring !== undefined && decision.neutral === undefined;
}

export function nodeAt({ question, strangers }: PrioritizeDecision, place: number): string {
  return question?.topology.names[question.candidates[place] ?? -1] ?? strangers.get(place) ?? "";
}

/** -1 for a node that was not asked about. */
export function placeOfNode({ question, strangers }: PrioritizeDecision, node: string): number {
  if (!question) return -1;
  const index = question.topology.indexOf(node);
  if (index >= 0) return question.candidates.indexOf(index);
  for (const [place, name] of strangers) if (name === node) return place;
  return -1;
}

/** The place of the highest worth, the first of several; -1 without any. */
export function bestPlace({ worth }: Scoring): number {
  return worth.reduce((best, each, place) => (best < 0 || each > (worth[best] ?? 0) ? place : best), -1);
}

/** The best of those with a lower score; -1 if all are as good. */
export function nextPlace({ worth, scores }: Scoring, score: number): number {
  let next = -1;
  for (const [place, each] of worth.entries())
    if ((scores[place] ?? 0) < score && (next < 0 || each > (worth[next] ?? 0))) next = place;
  return next;
}
