/** What kube-scheduler did with an answer: where the pod went, and how much worse than the best node that is by our scores. */
import type { Pod } from "../core/model/pod.ts";
import type { PodDecision, PrioritizeDecision } from "./decision-log.ts";

export type Outcome =
  /** The view has no such pod: it has gone, or has not come yet. */
  | { readonly state: "unseen" }
  | { readonly state: "pending" }
  | { readonly state: "bound"; readonly node: string; readonly verdict: Verdict };

export type Verdict =
  /** There were no scores, or none for that node. */
  | { readonly kind: "unscored" }
  /** No node was better. */
  | { readonly kind: "best"; readonly score: number }
  | {
      readonly kind: "elsewhere";
      readonly score: number;
      readonly bestScore: number;
      /** In the plugin's own unit. */
      readonly worthBehindBest: number;
    };

export function outcomeOf({ pod, prioritize, bind }: PodDecision, seen: Pod | undefined): Outcome {
  const isSame = seen !== undefined && (pod.uid === "" || seen.uid === "" || seen.uid === pod.uid);
  const node = (isSame ? seen.node : undefined) ?? (bind?.error === "" ? bind.node : undefined);
  if (node !== undefined) return { state: "bound", node, verdict: verdictOn(node, prioritize) };
  return { state: isSame ? "pending" : "unseen" };
}

function verdictOn(node: string, decision: PrioritizeDecision | undefined): Verdict {
  const { question, scoring, neutral } = decision ?? {};
  if (!decision || !question || !scoring) return { kind: "unscored" };
  const at = question.topology.indexOf(node);
  const index = at < 0 ? strangerAt(node, decision) : question.candidates.indexOf(at);
  if (index < 0) return { kind: "unscored" };
  const scoreAt = (place: number) => (neutral ? 0 : (scoring.scores[place] ?? 0));
  const best = scoring.worth.reduce((top, worth, place) => (worth > (scoring.worth[top] ?? 0) ? place : top), 0);
  const worthBehindBest = (scoring.worth[best] ?? 0) - (scoring.worth[index] ?? 0);
  const [score, bestScore] = [scoreAt(index), scoreAt(best)];
  if (score === bestScore) return { kind: "best", score };
  return { kind: "elsewhere", score, bestScore, worthBehindBest };
}

function strangerAt(node: string, { strangers }: PrioritizeDecision): number {
  for (const [index, name] of strangers) if (name === node) return index;
  return -1;
}
