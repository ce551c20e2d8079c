/** What follows from the API server's answer to an eviction. */
import { present } from "../../core/model/invariant.ts";
import type { PlacementPlan, PlanStatus } from "../../core/model/placement-plan.ts";
import type { EvictionOutcome } from "../../core/ports/pod-evictor.ts";
import { evictedNews, skippedNews } from "./evicting-step.ts";
import { statusAfter } from "./plan-news.ts";
import type { EvictionDelay, Situation } from "./situation.ts";

export type AfterEviction =
  | { readonly kind: "write"; readonly status: PlanStatus }
  | { readonly kind: "delay"; readonly delay: EvictionDelay };

/** @param outcome undefined where no answer came: then the pod itself tells what has become of it. */
export function afterEviction(
  plan: PlacementPlan,
  outcome: EvictionOutcome | undefined,
  situation: Situation,
  nowMs: number,
): AfterEviction {
  const planned = present(plan.proposal.moves[plan.status.moves.length - 1], "the move under way");
  const progress = plan.status.moves.at(-1);
  if (progress?.state !== "Evicting") throw new Error("only a chosen pod is evicted");
  const step = { plan, planned, situation, nowMs };
  switch (outcome?.kind) {
    // A pod that is gone has a replacement coming, whoever has ended it.
    case "evicted":
    case "gone":
      return { kind: "write", status: statusAfter(plan, evictedNews(step, progress).news, nowMs) };
    case "refused":
      return { kind: "write", status: statusAfter(plan, skippedNews(step, progress, outcome.reason).news, nowMs) };
    default: {
      const { delay: last } = situation;
      const tries = last?.podUid === progress.podUid ? last.tries + 1 : 1;
      const pauseMs = Math.max(outcome?.retryAfterMs ?? 0, pauseAfter(tries));
      const reason = outcome?.reason ?? "the API server did not answer";
      return { kind: "delay", delay: { podUid: progress.podUid, reason, tries, notBeforeMs: nowMs + pauseMs } };
    }
  }
}

/** A budget has room again when another pod has become ready, which takes seconds at least. */
function pauseAfter(tries: number): number {
  return Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(tries - 1, 10));
}

const PAUSE_MS_MIN = 2000;
const PAUSE_MS_MAX = 30_000;
