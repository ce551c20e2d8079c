/** The pod of the move under way is gone: its replacement is awaited, and then whether the move has helped is told by the flows. */
import { present } from "../../core/model/invariant.ts";
import type { PlannedMove, Replacement, Replacing } from "../../core/model/placement-plan.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { isStanding } from "./movable.ts";
import { replicaMove, roundedCost } from "./move-proposal.ts";
import type { PlanReason } from "./plan-news.ts";
import { replacementsOf } from "./replacement.ts";
import { type MoveStepInput, moveNews, type StepOutcome, waitFor } from "./step-outcome.ts";
import type { TrafficCost } from "./traffic-cost.ts";

export function replacingStep(step: MoveStepInput, progress: Replacing): StepOutcome {
  const { planned, situation, nowMs } = step;
  const { limits, notes, cost, podsOf } = situation;
  const key = workloadKey(planned.workload);
  const newPods = replacementsOf(podsOf(key), progress);
  const pod = newPods.find((each) => isStanding(each) && each.isReady);
  if (!pod) {
    const goneMs = Math.max(nowMs - progress.evictedAtMs, notes.elapsedMs(`replacing/${progress.podUid}`, nowMs));
    const untilMs = nowMs + limits.replacementMsMax - goneMs;
    if (untilMs > nowMs) return waitFor(step, "Replacing", `${key} has no new pod yet that is ready`, untilMs);
    const seconds = Math.round(limits.replacementMsMax / 1000);
    return fail(
      step,
      progress,
      "NoReplacement",
      `${key} has no new pod that is ready, ${seconds} s after the eviction`,
    );
  }
  const node = present(pod.node, "the node of a pod that stands");
  const leftMs = limits.settleMs - notes.elapsedMs(`settling/${pod.uid}`, nowMs);
  if (leftMs > 0) return waitFor(step, "Settling", `pod ${pod.name} is ready on node ${node}`, nowMs + leftMs);
  if (!cost) return waitFor(step, "FlowsUnknown", "without flows nobody knows whether the move has helped");
  const replacement = { pod: pod.name, node, gain: roundedCost(gainOf(planned, node, cost)) };
  const where = `pod ${pod.name} took its place on node ${node}`;
  if (replacement.gain <= leastGain(planned, node, cost)) {
    const instead = node === planned.to ? "" : ` instead of node ${planned.to}`;
    return fail(step, progress, "NoGain", `${where}${instead}, and nothing is gained`, replacement);
  }
  const { pod: name, podUid, evictedAtMs } = progress;
  return moveNews(step, { state: "Moved", pod: name, podUid, evictedAtMs, replacement }, "NextMove", where);
}

/** With and without the move by the same flows, those of now, so that it does not matter how they have changed meanwhile. */
function gainOf(planned: PlannedMove, node: string, cost: TrafficCost): number {
  if (node === planned.from) return 0;
  return -(cost.gainOf({ ...replicaMove(planned), from: node, to: planned.from }) ?? 0);
}

/** Less than this part of all cost is no difference. */
const TOLERANCE = 0.001;

/** What has to be exceeded; a move that only makes others possible has done so if it costs no more than it was to. */
function leastGain({ gain, to }: PlannedMove, node: string, { total }: TrafficCost): number {
  const slack = TOLERANCE * Math.abs(total);
  return node === to && gain <= slack ? gain - slack : slack;
}

function fail(
  step: MoveStepInput,
  { pod, podUid, evictedAtMs }: Replacing,
  reason: PlanReason,
  message: string,
  replacement?: Replacement,
): StepOutcome {
  return moveNews(step, { state: "Failed", pod, podUid, evictedAtMs, replacement, message }, reason, message);
}
