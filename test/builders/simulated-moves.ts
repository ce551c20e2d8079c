/**
 * A cluster in which a plan is carried out while everything that can go wrong does: replicas that see old states, lose the lead or
 * end between two steps, budgets that come and go, pods that come late or elsewhere, a clock that steps.
 */
import type { PlacementPlan, PlanStatus } from "../../core/model/placement-plan.ts";
import type { Pod } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { createKeyedCollection } from "../../core/ports/keyed-collection.ts";
import type { EvictionOutcome } from "../../core/ports/pod-evictor.ts";
import { afterEviction } from "../../scheduler/reschedule/eviction-outcome.ts";
import { pastEvictions } from "../../scheduler/reschedule/move-budget.ts";
import { planIntentions } from "../../scheduler/reschedule/plan-intentions.ts";
import { nextPlanStep } from "../../scheduler/reschedule/plan-step.ts";
import { type CarryingLimits, type EvictionDelay, SinceNotes } from "../../scheduler/reschedule/situation.ts";
import { TrafficCost } from "../../scheduler/reschedule/traffic-cost.ts";
import { createdAtMs, planOf, planSituation, scenarioOfPods, standingPod } from "./plan-situation.ts";

export interface SimulationOptions {
  /** As `moveProposal` has them. */
  readonly moves: readonly string[];
  readonly pods: readonly Pod[];
  readonly traffic: Readonly<Record<string, number>>;
  readonly limits: Partial<CarryingLimits>;
  /** Whether new pods go where a plan intends them to, or anywhere. */
  readonly isObeyed: boolean;
}

/** What a replica knows; all but the snapshots is lost when another leads. */
interface Replica {
  plan: PlacementPlan;
  pods: readonly Pod[];
  notes: SinceNotes;
  delay: EvictionDelay | undefined;
  armedVersion: string | undefined;
}

export interface EvictedPod {
  readonly uid: string;
  readonly atMs: number;
  /** The plan's status at that moment. */
  readonly status: PlanStatus;
}

export class SimulatedMoves {
  readonly evicted: EvictedPod[] = [];
  readonly #options: SimulationOptions;
  #plan: PlacementPlan;
  #pods: readonly Pod[];
  #leader: Replica;
  #nowMs = createdAtMs + 3_600_000;
  #serverSeconds = 100;
  #isAllowed = true;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#plan = planOf({ moves: options.moves, phase: "Proposed" });
    this.#pods = options.pods;
    this.#leader = this.#fresh();
  }

  get plan(): PlacementPlan {
    return this.#plan;
  }

  get isUnderWay(): boolean {
    return ["Evicting", "Replacing"].includes(this.#plan.status.moves.at(-1)?.state ?? "");
  }

  /** Of all traffic as pods stand. */
  get cost(): number {
    return this.#costOf(this.#pods);
  }

  /** One event; the draw says which, and how it goes. */
  happen(draw: number): void {
    const which = draw % 16;
    const detail = Math.floor(draw / 16);
    if (which < 5) this.#step(detail);
    else if (which === 5) this.#leader.pods = this.#pods;
    else if (which === 6) this.#leader.plan = this.#plan;
    else if (which === 7 && detail % 4 === 0) this.#leader = this.#fresh();
    else if (which === 8) this.#isAllowed = detail % 3 > 0;
    else if (which === 9) this.#nowMs += detail % 8 === 0 ? -3_600_000 : 1000 * (detail % 5);
    else if (which === 10 && detail % 16 === 0) this.#approve(detail % 32 === 0);
    else if (which < 12) this.#replace();
    else if (which < 14) this.#bind(detail);
    else this.#getReady();
    this.#serverSeconds += 1;
  }

  #step(detail: number): void {
    const { plan, pods, notes, delay, armedVersion } = this.#leader;
    if (plan.status.phase === "Done" || plan.status.phase === "Abandoned") return;
    const isArmed = armedVersion === plan.version;
    const { traffic, limits } = this.#options;
    const past = pastEvictions([plan]);
    const situation = planSituation({ pods, traffic, limits, notes, delay, isArmed, past });
    const step = nextPlanStep(plan, situation, this.#nowMs);
    if (step.kind === "write") this.#write(step.status);
    if (step.kind !== "evict") return;
    this.#leader.armedVersion = undefined;
    // The replica may end before or after the API server hears of it.
    if (detail % 7 === 1) this.#leader = this.#fresh();
    else this.#evict(step.pod.uid, detail % 7 === 2);
  }

  #write(status: PlanStatus): void {
    const { plan } = this.#leader;
    if (plan.version !== this.#plan.version) return;
    this.#plan = { ...plan, version: `${Number(plan.version) + 1}`, status };
    this.#leader.plan = this.#plan;
    this.#leader.armedVersion = this.#plan.version;
  }

  #evict(uid: string, isLost: boolean): void {
    const pod = this.#pods.find((each) => each.uid === uid);
    const outcome = this.#answerTo(pod);
    if (isLost) {
      this.#leader = this.#fresh();
      return;
    }
    const { plan, delay } = this.#leader;
    const after = afterEviction(plan, outcome, planSituation({ pods: this.#leader.pods, delay }), this.#nowMs);
    if (after.kind === "write") this.#write(after.status);
    else this.#leader.delay = after.delay;
  }

  #answerTo(pod: Pod | undefined): EvictionOutcome {
    if (!pod) return { kind: "gone" };
    if (pod.isTerminating) return { kind: "evicted" };
    if (!this.#isAllowed) return { kind: "delayed", reason: "not allowed", retryAfterMs: 1000 };
    this.#pods = this.#pods.map((each) => (each === pod ? { ...pod, isTerminating: true } : each));
    this.evicted.push({ uid: pod.uid, atMs: this.#nowMs, status: this.#plan.status });
    return { kind: "evicted" };
  }

  /** What a controller does with a pod on its way out. */
  #replace(): void {
    const leaving = this.#pods.find(({ isTerminating }) => isTerminating);
    if (!leaving) return;
    const name = `${leaving.workload.name}-${this.#serverSeconds + 1000}`;
    const pending = standingPod({ name, on: undefined, age: this.#serverSeconds });
    this.#pods = [...this.#pods.filter((pod) => pod !== leaving), pending];
  }

  #bind(detail: number): void {
    const pending = this.#pods.find(({ node }) => node === undefined);
    if (!pending) return;
    const node = this.#options.isObeyed ? this.#intendedFor(pending) : ["a", "b", "c"][detail % 3];
    this.#change(pending, { node: node ?? ["a", "b", "c"][detail % 3] });
  }

  #intendedFor({ namespace, name, uid, labels, workload }: Pod): string | undefined {
    const collection = <T>(keyOf: (item: T) => string, items: readonly T[]) => {
      const kept = createKeyedCollection<T>({ keyOf, defer: () => {} });
      for (const item of items) kept.put(item);
      return kept;
    };
    const pods = collection<Pod>((pod) => pod.uid, this.#pods);
    const placementPlans = collection<PlacementPlan>((plan) => plan.name, [this.#plan]);
    const asked = { namespace, name, uid, labels, workload: workloadKey(workload) };
    return planIntentions({ pods, placementPlans }, "weft-system").nodeFor(asked)?.node;
  }

  #getReady(): void {
    const unready = this.#pods.find((pod) => pod.node !== undefined && !pod.isReady && !pod.isTerminating);
    if (unready) this.#change(unready, { isReady: true });
  }

  #change(pod: Pod, changes: Partial<Pod>): void {
    this.#pods = this.#pods.map((each) => (each === pod ? { ...pod, ...changes } : each));
  }

  #approve(isApproved: boolean): void {
    const { generation, version } = this.#plan;
    this.#plan = { ...this.#plan, isApproved, generation: generation + 1, version: `${Number(version) + 1}` };
  }

  /** A replica that has seen nothing newer than what the last one has, or all of it. */
  #fresh(): Replica {
    const last = this.#leader as Replica | undefined;
    const pods = this.#serverSeconds % 2 === 0 ? this.#pods : (last?.pods ?? this.#pods);
    return { plan: this.#plan, pods, notes: new SinceNotes(), delay: undefined, armedVersion: undefined };
  }

  #costOf(pods: readonly Pod[]): number {
    return new TrafficCost(scenarioOfPods(pods, this.#options.traffic)).total;
  }
}
