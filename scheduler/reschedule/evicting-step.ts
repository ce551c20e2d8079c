/** A pod has been chosen for the move under way: its eviction is asked for until it happens or makes no sense any more. */
import type { Evicting } from "../../core/model/placement-plan.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { replacementsOf } from "./replacement.ts";
import { type MoveStepInput, moveNews, type News, type StepOutcome, waitFor } from "./step-outcome.ts";

export function evictingStep(step: MoveStepInput, progress: Evicting): StepOutcome {
  const { planned, situation, nowMs } = step;
  const { pod: name, podUid, sinceMs } = progress;
  const pod = situation.podsOf(workloadKey(planned.workload)).find(({ uid }) => uid === podUid);
  // Whoever has ended it: the move goes on with what comes in its place.
  if (!pod || pod.isTerminating) return evictedNews(step, progress);
  const { delay: last, limits, notes } = situation;
  const delay = last?.podUid === podUid ? last : undefined;
  const knownMs = notes.elapsedMs(`evicting/${podUid}`, nowMs);
  const untilMs = nowMs + limits.evictionMsMax - Math.max(nowMs - sinceMs, knownMs);
  const futility = whyFutile(step, progress, untilMs, delay?.reason);
  if (futility !== undefined) {
    // Another replica may have evicted it a moment ago, and the view does not show it yet.
    const leftMs = delay ? 0 : VIEW_LAG_MS - knownMs;
    if (leftMs > 0) return waitFor(step, "Evicting", futility, nowMs + leftMs);
    return skippedNews(step, progress, futility);
  }
  const pauseMs = (delay?.notBeforeMs ?? nowMs) - nowMs;
  // A longer pause than there can be: the clock has stepped back.
  if (delay && pauseMs > 0 && pauseMs <= limits.evictionMsMax) {
    const message = `pod ${name} may not be evicted yet: ${delay.reason}`;
    return waitFor(step, "EvictionDelayed", message, Math.min(delay.notBeforeMs, untilMs));
  }
  if (!situation.cost) return waitFor(step, "FlowsUnknown", "nothing moves while the flows are not known", untilMs);
  if (situation.isArmed) return { kind: "evict", pod };
  return moveNews(step, progress, "Evicting", `pod ${name} is to leave node ${planned.from} for node ${planned.to}`);
}

/** The pod is on its way out. */
export function evictedNews(step: MoveStepInput, { pod, podUid, newestOtherAtMs }: Evicting): News {
  const move = { state: "Replacing", pod, podUid, newestOtherAtMs, evictedAtMs: step.nowMs } as const;
  return moveNews(step, move, "Replacing", `pod ${pod} leaves node ${step.planned.from}`);
}

/** The pod stays. */
export function skippedNews(step: MoveStepInput, { pod, podUid, sinceMs }: Evicting, message: string): News {
  const { length } = step.plan.status.moves;
  const move = { state: "Skipped", message, chosen: { pod, podUid, sinceMs } } as const;
  return moveNews(step, move, "NextMove", `move ${length} is left out: ${message}`);
}

const VIEW_LAG_MS = 5000;

/** Why the pod is not to be evicted any more. */
function whyFutile(
  { plan, planned, situation, nowMs }: MoveStepInput,
  progress: Evicting,
  untilMs: number,
  delay = "there was no answer",
): string | undefined {
  if (!plan.isApproved) return "spec.approved was taken back before the eviction";
  const key = workloadKey(planned.workload);
  if (replacementsOf(situation.podsOf(key), progress).length > 0)
    return `${key} got another pod before ${progress.pod} could be evicted`;
  return untilMs <= nowMs ? `pod ${progress.pod} could not be evicted in time: ${delay}` : undefined;
}
