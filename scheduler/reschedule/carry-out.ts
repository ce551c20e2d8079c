/** Carries a plan out as far as it goes now, step by step: what a step says is written, and only then done. */
import { isUnfinished, type PlacementPlan } from "../../core/model/placement-plan.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { EvictionOutcome, PodEvictor } from "../../core/ports/pod-evictor.ts";
import { afterEviction } from "./eviction-outcome.ts";
import { hindranceTo } from "./hindrance.ts";
import { type LivePlacementDeps, livePlacement } from "./live-placement.ts";
import { pastEvictions } from "./move-budget.ts";
import type { PlanKeeper } from "./plan-keeper.ts";
import { nextPlanStep } from "./plan-step.ts";
import type { ReschedulerMetrics } from "./rescheduler-metrics.ts";
import { type EvictionDelay, SinceNotes, type Situation } from "./situation.ts";
import type { EvictStep } from "./step-outcome.ts";
import { TrafficCost } from "./traffic-cost.ts";

export interface CarryOutDeps extends LivePlacementDeps {
  readonly keeper: PlanKeeper;
  readonly evictor: PodEvictor;
  readonly metrics: ReschedulerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** In one go; the rest is for the next. */
const STEPS_MAX = 8;
/** Flows become known without any change of the cluster. */
const LOOK_AGAIN_MS = 5000;

/** What is known besides the plan's status; a next leader does without. */
export class PlanCarrier {
  readonly #deps: CarryOutDeps;
  #notes = new SinceNotes();
  #delay: EvictionDelay | undefined;
  /** The version that this replica has written last, if no eviction has followed it. */
  #armedVersion: string | undefined;

  constructor(deps: CarryOutDeps) {
    this.#deps = deps;
  }

  forget(): void {
    this.#notes = new SinceNotes();
    this.#delay = undefined;
    this.#armedVersion = undefined;
  }

  /** @returns when to look again. @throws WeftError kubernetes-* */
  async carryOut(plan: PlacementPlan): Promise<number> {
    const { clock } = this.#deps;
    let current = plan;
    for (let count = 0; count < STEPS_MAX; count++) {
      const step = nextPlanStep(current, this.#situationOf(current), clock.nowMs());
      if (step.kind === "rest") return step.untilMs ?? clock.nowMs() + LOOK_AGAIN_MS;
      current = step.kind === "write" ? await this.#write(current, step.status) : await this.#evict(current, step);
      if (isUnfinished(current)) continue;
      this.forget();
      break;
    }
    return clock.nowMs();
  }

  async #write(plan: PlacementPlan, status: PlacementPlan["status"]): Promise<PlacementPlan> {
    const written = await this.#deps.keeper.write(plan, status);
    this.#armedVersion = written.version;
    return written;
  }

  async #evict(plan: PlacementPlan, { pod }: EvictStep): Promise<PlacementPlan> {
    const { evictor, metrics, clock, log } = this.#deps;
    this.#armedVersion = undefined;
    const outcome = await evictor.evict(pod).catch((error: unknown): EvictionOutcome | undefined => {
      log.warn("a pod may or may not have been evicted", {
        pod: `${pod.namespace}/${pod.name}`,
        reason: messageOf(error),
      });
      return undefined;
    });
    metrics.evictions.inc({ outcome: outcome?.kind ?? "failed" });
    log.info("eviction asked for", { plan: plan.name, pod: `${pod.namespace}/${pod.name}`, outcome });
    const after = afterEviction(plan, outcome, this.#situationOf(plan), clock.nowMs());
    if (after.kind === "write") return this.#write(plan, after.status);
    this.#delay = after.delay;
    return plan;
  }

  #situationOf(plan: PlacementPlan): Situation {
    const { keeper, clock, config } = this.#deps;
    const live = livePlacement(this.#deps, clock.nowMs());
    let cost: TrafficCost | undefined;
    return {
      podsOf: live.podsOf,
      isMovable: live.isMovable,
      get cost() {
        cost ??= live.scenario && new TrafficCost(live.scenario);
        return cost;
      },
      hindranceTo: (move) => live.scenario && hindranceTo(move, live.scenario),
      past: pastEvictions(keeper.all().map((each) => (each.uid === plan.uid ? plan : each))),
      notes: this.#notes,
      isArmed: this.#armedVersion === plan.version,
      delay: this.#delay,
      limits: config.rescheduler,
    };
  }
}
