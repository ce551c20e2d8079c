/** What of a plan's course is worth an event: on the plan, and on a pod that is evicted for it. */
import type { MoveProgress, PlacementPlan, PlannedMove } from "../../core/model/placement-plan.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { ObjectEvent } from "../../core/ports/event-recorder.ts";
import { gainText } from "./gain-text.ts";
import type { PlanReason } from "./plan-news.ts";

type Said = Pick<ObjectEvent, "type" | "reason" | "message">;

export function proposedEvent(plan: PlacementPlan): ObjectEvent {
  const { moves, gain } = plan.proposal;
  const message = `${moves.length} ${moves.length === 1 ? "move" : "moves"} would save ${gainText(gain, plan.proposal)}`;
  return onPlan(plan, { type: "Normal", reason: "PlanProposed", message });
}

/** Of the plan as it is now. */
export function planEvents(before: PlacementPlan, plan: PlacementPlan): readonly ObjectEvent[] {
  const index = plan.status.moves.length - 1;
  const [move, planned] = [plan.status.moves[index], plan.proposal.moves[index]];
  const isNews = move !== undefined && move.state !== before.status.moves[index]?.state;
  const ofMove = move && planned && isNews ? moveEvents(plan, move, planned) : [];
  return [...ofMove, ...statusEvents(before, plan).map((said) => onPlan(plan, said))];
}

function moveEvents(plan: PlacementPlan, move: MoveProgress, planned: PlannedMove): readonly ObjectEvent[] {
  const key = workloadKey(planned.workload);
  const way = `from node ${planned.from} to node ${planned.to}`;
  switch (move.state) {
    case "Evicting":
      return [];
    case "Replacing": {
      const message = `pod ${move.pod} of ${key} was evicted, to move ${way}`;
      const onPod = `evicted by plan ${plan.namespace}/${plan.name}, to move ${way}`;
      return [
        onPlan(plan, { type: "Normal", reason: "PodEvicted", message }),
        evictedEvent(planned.workload.namespace, move, onPod),
      ];
    }
    case "Moved": {
      const { pod, node, gain } = move.replacement;
      const message = `pod ${pod} of ${key} stands on node ${node}, which saves ${gainText(gain, plan.proposal)}`;
      return [onPlan(plan, { type: "Normal", reason: "PodMoved", message })];
    }
    case "Failed":
      return [onPlan(plan, { type: "Warning", reason: "MoveFailed", message: move.message })];
    case "Skipped":
      return [onPlan(plan, { type: "Normal", reason: "MoveSkipped", message: move.message })];
  }
}

/** Phases that change, and an eviction that is held up; what else is waited for is in the status. */
function statusEvents({ status: before }: PlacementPlan, { status }: PlacementPlan): readonly Said[] {
  const { phase, reason, message } = status;
  if (phase === "Approved" && before.phase === "Proposed") return [{ type: "Normal", reason: "PlanApproved", message }];
  if (phase === "Done") return [{ type: "Normal", reason: "PlanDone", message }];
  if (phase === "Abandoned") return [{ type: "Warning", reason: "PlanAbandoned", message: `${reason}: ${message}` }];
  const isDelayed = reason === ("EvictionDelayed" satisfies PlanReason) && before.reason !== reason;
  return isDelayed ? [{ type: "Warning", reason: "EvictionDelayed", message }] : [];
}

function onPlan({ namespace, name, uid }: PlacementPlan, said: Said): ObjectEvent {
  return { regarding: { apiVersion: "weft.dev/v1alpha1", kind: "PlacementPlan", namespace, name, uid }, ...said };
}

function evictedEvent(namespace: string, move: { pod: string; podUid: string }, message: string): ObjectEvent {
  const regarding = { apiVersion: "v1", kind: "Pod", namespace, name: move.pod, uid: move.podUid };
  return { regarding, type: "Normal", reason: "Rescheduled", message };
}
