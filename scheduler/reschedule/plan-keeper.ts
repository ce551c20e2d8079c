/** Plans as they are now, and every write of them: what is written is remembered, counted and told. */
import {
  gainReached,
  type MoveProposal,
  type PlacementPlan,
  type PlanStatus,
} from "../../core/model/placement-plan.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Collection } from "../../core/ports/cluster-view.ts";
import type { PlanWriter } from "../../core/ports/plan-writer.ts";
import type { EventQueue } from "../event-queue.ts";
import { planEvents, proposedEvent } from "./plan-events.ts";
import { PlanMemory } from "./plan-memory.ts";
import { type PlanNews, statusAfter } from "./plan-news.ts";
import type { ReschedulerMetrics } from "./rescheduler-metrics.ts";

export interface PlanKeeperDeps {
  readonly plans: Collection<PlacementPlan>;
  readonly writer: PlanWriter;
  /** The leader's; plans of others are not touched. */
  readonly namespace: string;
  readonly events: Pick<EventQueue, "add">;
  readonly metrics: ReschedulerMetrics;
  readonly clock: Clock;
  /** False once another replica may lead, or this one stops. */
  readonly mayWrite: () => boolean;
}

export class PlanKeeper {
  readonly #deps: PlanKeeperDeps;
  readonly #memory = new PlanMemory();

  constructor(deps: PlanKeeperDeps) {
    this.#deps = deps;
  }

  /** Oldest first. */
  all(): readonly PlacementPlan[] {
    const { plans, namespace, clock } = this.#deps;
    const own = plans.list().filter((plan) => plan.namespace === namespace);
    const byAge = (a: PlacementPlan, b: PlacementPlan) => a.createdAtMs - b.createdAtMs || (a.name < b.name ? -1 : 1);
    return [...this.#memory.current(own, clock.nowMs())].sort(byAge);
  }

  /** What another replica may have written since is not remembered. */
  forget(): void {
    this.#memory.forget();
  }

  /** @throws WeftError kubernetes-* */
  async propose(proposal: MoveProposal, isApproved: boolean): Promise<void> {
    const { writer, namespace, clock, events, metrics } = this.#deps;
    this.#assertMayWrite();
    const created = await writer.createPlan({ namespace, isApproved, proposal });
    this.#memory.wrote(undefined, created, clock.nowMs());
    metrics.plans.inc({ phase: "Proposed", reason: "Proposed" });
    events.add(proposedEvent(created));
    const message = isApproved ? "approved by itself" : "set spec.approved to have its moves made";
    await this.tell(created, { phase: "Proposed", reason: "Proposed", message });
  }

  tell(plan: PlacementPlan, news: PlanNews): Promise<PlacementPlan> {
    return this.write(plan, statusAfter(plan, news, this.#deps.clock.nowMs()));
  }

  /** @throws WeftError kubernetes-conflict when somebody else has written since */
  async write(plan: PlacementPlan, status: PlanStatus): Promise<PlacementPlan> {
    const { writer, clock, events, metrics } = this.#deps;
    this.#assertMayWrite();
    const written = await writer.updatePlanStatus(plan, status);
    this.#memory.wrote(plan, written, clock.nowMs());
    for (const event of planEvents(plan, written)) events.add(event);
    countOver(plan.status, status, metrics);
    metrics.gainPredicted.set(plan.proposal.gain);
    metrics.gainReached.set(gainReached(status));
    return written;
  }

  async delete(plan: PlacementPlan): Promise<void> {
    this.#assertMayWrite();
    await this.#deps.writer.deletePlan(plan);
  }

  #assertMayWrite(): void {
    if (!this.#deps.mayWrite()) throw new WeftError("kubernetes-conflict", "this replica does not lead any more");
  }
}

const overStates = { Moved: "moved", Failed: "failed", Skipped: "skipped" } as const;

function countOver(before: PlanStatus, after: PlanStatus, { moves, plans }: ReschedulerMetrics): void {
  for (const [index, { state }] of after.moves.entries())
    if (state in overStates && before.moves[index]?.state !== state)
      moves.inc({ outcome: overStates[state as keyof typeof overStates] });
  const { phase, reason } = after;
  if (phase === "Done" || phase === "Abandoned") plans.inc({ phase, reason });
}
