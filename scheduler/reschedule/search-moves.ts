/** Looks for moves worth making, and proposes those that have been worth making for a while. */
import type { MoveProposal, PlacementPlan } from "../../core/model/placement-plan.ts";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { RunPlan } from "../planning/plan-runner.ts";
import { Candidate } from "./candidate.ts";
import { type LivePlacementDeps, livePlacement } from "./live-placement.ts";
import { flowsAgeMs } from "./measured-traffic.ts";
import { proposalOf, replicaMove } from "./move-proposal.ts";
import type { PlanKeeper } from "./plan-keeper.ts";
import type { ReschedulerMetrics, SearchOutcome } from "./rescheduler-metrics.ts";

export interface SearchDeps extends LivePlacementDeps {
  readonly keeper: PlanKeeper;
  readonly runPlan: RunPlan;
  readonly mayWrite: () => boolean;
  readonly metrics: ReschedulerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** The same cluster always gives the same plan. */
const SEED = 1;

export class MoveSearch {
  readonly #deps: SearchDeps;
  readonly #candidate: Candidate;

  constructor(deps: SearchDeps) {
    this.#deps = deps;
    this.#candidate = new Candidate(deps.config.rescheduler);
  }

  forget(): void {
    this.#candidate.drop();
  }

  /** @param waiting a plan that nobody has approved yet. @throws WeftError kubernetes-* */
  async search(waiting: PlacementPlan | undefined): Promise<void> {
    const { keeper, clock, config } = this.#deps;
    const { scenario } = livePlacement(this.#deps, clock.nowMs());
    if (!scenario) return this.#end("flows-unknown");
    const kept = waiting && this.#asNow(waiting.proposal, scenario);
    if (waiting && !kept)
      await keeper.tell(waiting, { phase: "Abandoned", reason: "NotWorthIt", message: "the flows have changed" });
    const found = await this.#find(scenario);
    if (found === "failed") return this.#end("failed");
    const candidate = this.#candidate;
    candidate.look(found, (proposal) => this.#asNow(proposal, scenario), kept?.gain ?? 0, clock.nowMs());
    this.#count(candidate.proposal ? "worth-it" : "not-worth-it");
    if (!candidate.isRipe || !candidate.proposal) return;
    const { proposal } = candidate;
    candidate.drop();
    if (waiting && kept)
      await keeper.tell(waiting, { phase: "Abandoned", reason: "Superseded", message: "another plan saves more" });
    await keeper.propose(proposal, config.rescheduler.mode === "auto");
  }

  async #find(scenario: PlacementScenario): Promise<MoveProposal | undefined | "failed"> {
    const { runPlan, mayWrite, log, config } = this.#deps;
    const { movesMax, searchStepsMax, searchMsMax } = config.rescheduler;
    if (scenario.services.length === 0 || scenario.traffic.length === 0) return undefined;
    try {
      const effort = { stepsMax: searchStepsMax, millisecondsMax: searchMsMax };
      const { moves = [] } = await runPlan(scenario, { seed: SEED, movesMax, ...effort, hasMoves: true });
      return proposalOf(moves, scenario, this.#options());
    } catch (error) {
      if (mayWrite()) log.warn("the search for moves failed", { reason: messageOf(error) });
      return "failed";
    }
  }

  /** What is left of older moves that is worth making. */
  #asNow({ moves }: MoveProposal, scenario: PlacementScenario): MoveProposal | undefined {
    return proposalOf(moves.map(replicaMove), scenario, this.#options());
  }

  #options() {
    const { graph, clock, config } = this.#deps;
    return { ...config.rescheduler, flowsAgeMs: flowsAgeMs(graph, clock.nowMs()) ?? 0 };
  }

  /** Nothing is known of now, so what was known before does not count any more. */
  #end(outcome: SearchOutcome): void {
    this.#candidate.drop();
    this.#count(outcome);
  }

  #count(outcome: SearchOutcome): void {
    this.#deps.metrics.searches.inc({ outcome });
  }
}
