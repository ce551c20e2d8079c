/** Proposes moves of running pods and carries out those that are approved; one thing at a time, as leader only. */
import type { Registry } from "prom-client";
import { isUnfinished, type PlacementPlan } from "../../core/model/placement-plan.ts";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ClusterView } from "../../core/ports/cluster-view.ts";
import type { Leadership } from "../../core/ports/leadership.ts";
import type { Log } from "../../core/ports/log.ts";
import type { PlanWriter } from "../../core/ports/plan-writer.ts";
import type { PodEvictor } from "../../core/ports/pod-evictor.ts";
import type { EventQueue } from "../event-queue.ts";
import type { RunPlan } from "../planning/plan-runner.ts";
import { PlanCarrier } from "./carry-out.ts";
import type { LivePlacementDeps } from "./live-placement.ts";
import { plansToDelete } from "./old-plans.ts";
import { PlanKeeper } from "./plan-keeper.ts";
import { createReschedulerMetrics } from "./rescheduler-metrics.ts";
import { MoveSearch } from "./search-moves.ts";
import { startSerialRounds } from "./serial-rounds.ts";

/** What the composition root gives. */
export interface Rescheduling {
  readonly placementPlans: ClusterView["placementPlans"];
  readonly planWriter: PlanWriter;
  readonly evictor: PodEvictor;
  readonly leadership: Pick<Leadership, "isLeader" | "subscribe">;
  /** Where the leader's plans are. */
  readonly namespace: string;
}

export interface ReschedulerDeps extends Rescheduling, LivePlacementDeps {
  readonly runPlan: RunPlan;
  readonly events: Pick<EventQueue, "add">;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Rescheduler {
  /** Ends after the write or the eviction that is under way. */
  stop(): Promise<void>;
}

const DEBOUNCE_MS = 500;
const RETRY_MS = 5000;
const SYNC_MS = 1000;
const NEVER_MS = Infinity;

export function startRescheduler(deps: ReschedulerDeps): Rescheduler {
  const { view, placementPlans, leadership, planWriter, clock, log, config, registry } = deps;
  const { intervalMs } = config.rescheduler;
  const metrics = createReschedulerMetrics(registry);
  let isStopped = false;
  let searchedAtMs = -Infinity;
  const mayWrite = () => !isStopped && leadership.isLeader;
  const keeper = new PlanKeeper({ ...deps, plans: placementPlans, writer: planWriter, metrics, mayWrite });
  const carrier = new PlanCarrier({ ...deps, keeper, metrics });
  const searching = new MoveSearch({ ...deps, keeper, metrics, mayWrite });

  async function round(): Promise<number> {
    try {
      return await look();
    } catch (error) {
      if (!mayWrite()) return NEVER_MS;
      const isExpected = error instanceof WeftError && error.retryable;
      log[isExpected ? "info" : "error"]("rescheduling is tried again", { reason: messageOf(error), error });
      return clock.nowMs() + RETRY_MS;
    }
  }

  /** @returns when to look again, if nothing changes before. */
  async function look(): Promise<number> {
    if (!mayWrite()) return NEVER_MS;
    if (!view.pods.hasSynced || !view.nodes.hasSynced || !placementPlans.hasSynced) return clock.nowMs() + SYNC_MS;
    const all = keeper.all();
    for (const plan of plansToDelete(all, config.rescheduler, clock.nowMs())) await keeper.delete(plan);
    const [active, ...others] = all.filter(isUnfinished).sort(byUrgency);
    for (const plan of others) {
      const message = `plan ${active?.name} is carried out before`;
      await keeper.tell(plan, { phase: "Abandoned", reason: "Superseded", message });
    }
    if (active && isToBeCarriedOut(active)) {
      searching.forget();
      return carrier.carryOut(active);
    }
    return searchWhenDue(active);
  }

  async function searchWhenDue(waiting: PlacementPlan | undefined): Promise<number> {
    const nowMs = clock.nowMs();
    // A clock that has stepped back does not put the next search off.
    if (nowMs < searchedAtMs || nowMs >= searchedAtMs + intervalMs) {
      searchedAtMs = nowMs;
      await searching.search(waiting);
    }
    return searchedAtMs + intervalMs;
  }

  const rounds = startSerialRounds({ clock, debounceMs: DEBOUNCE_MS, round });
  const subscriptions = [
    placementPlans.subscribe(rounds.changed),
    view.pods.subscribe(() => {
      if (keeper.all().some((plan) => isUnfinished(plan) && isToBeCarriedOut(plan))) rounds.changed();
    }),
    leadership.subscribe(() => {
      // What another leader has done since is not in our memory.
      for (const part of [keeper, carrier, searching]) part.forget();
      searchedAtMs = -Infinity;
      rounds.changed();
    }),
  ];
  return {
    async stop() {
      isStopped = true;
      for (const unsubscribe of subscriptions) unsubscribe();
      await rounds.stop();
    },
  };
}

/** Approved, or begun before the approval was taken back. */
function isToBeCarriedOut({ isApproved, status }: PlacementPlan): boolean {
  return isApproved || status.phase !== "Proposed";
}

/** What has begun comes first, then what is approved, then the oldest. */
function byUrgency(a: PlacementPlan, b: PlacementPlan): number {
  const rank = (plan: PlacementPlan) => (plan.status.phase === "Running" ? 0 : isToBeCarriedOut(plan) ? 1 : 2);
  return rank(a) - rank(b);
}
