/** Follows what becomes of the pods that this replica was asked about: counts it, and says it in an event on the pod. */
import type { Pod } from "../core/model/pod.ts";
import type { Collection } from "../core/ports/cluster-view.ts";
import type { ObjectEvent } from "../core/ports/event-recorder.ts";
import type { Log } from "../core/ports/log.ts";
import type { DecisionLog, PodDecision } from "./decision-log.ts";
import type { EventQueue } from "./event-queue.ts";
import { type BoundOutcome, outcomeOf, type PlacementKind } from "./outcome.ts";
import { outcomeText } from "./placement-text.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";
import type { SchedulerMetrics } from "./scheduler-metrics.ts";

export interface TellPlacementsDeps {
  readonly pods: Collection<Pod>;
  readonly decisions: DecisionLog;
  readonly events: EventQueue;
  readonly metrics: SchedulerMetrics;
  readonly log: Log;
  readonly config: SchedulerConfig;
}

/** When the view shows such a pod bound, and not while anybody waits for an answer. The answer ends it. */
export function tellPlacements(deps: TellPlacementsDeps): () => void {
  const { pods, decisions, log, config } = deps;

  function tell(key: string): void {
    const [decision, pod] = [decisions.get(key), pods.get(key)];
    if (!decision || !pod) return;
    const outcome = outcomeOf(decision, pod, config.plugin);
    if (outcome.state !== "bound") return;
    decisions.settle(key);
    tellOf({ decision, pod, outcome }, deps);
  }

  return pods.subscribe(() => {
    for (const key of decisions.unsettled())
      try {
        tell(key);
      } catch (error) {
        decisions.settle(key);
        log.error("a placement could not be told", { pod: key, error });
      }
  });
}

interface Placement {
  readonly decision: PodDecision;
  readonly pod: Pod;
  readonly outcome: BoundOutcome;
}

function tellOf(placement: Placement, { events, metrics, config }: TellPlacementsDeps): void {
  const kind = kindOf(placement);
  metrics.placements.inc({ outcome: kind });
  const { ofPods } = config.events;
  const hasScores = kind !== "neutral" && kind !== "unscored";
  if (ofPods === "all" || (ofPods === "scored" && hasScores)) events.add(eventOf(placement, kind, config));
}

function kindOf({ decision, outcome }: Placement): PlacementKind {
  const { kind } = outcome.verdict;
  if (kind === "planned" || kind === "off-plan") return kind;
  return decision.prioritize?.neutral ? "neutral" : kind;
}

const reasons = {
  best: "PlacedByTraffic",
  elsewhere: "PlacedElsewhere",
  planned: "PlacedByPlan",
  "off-plan": "PlacedElsewhere",
  neutral: "PlacedWithoutPreference",
  unscored: "PlacedWithoutPreference",
} as const satisfies Record<PlacementKind, string>;

function eventOf({ decision, pod, outcome }: Placement, kind: PlacementKind, config: SchedulerConfig): ObjectEvent {
  const { namespace, name, uid } = pod;
  return {
    regarding: { apiVersion: "v1", kind: "Pod", namespace, name, uid },
    type: "Normal",
    reason: reasons[kind],
    message: outcomeText(outcome, decision, config),
  };
}
