import type { GroupPlan, PlannedPod } from "./group-plan.ts";
import { talkingWith } from "./talking-with.ts";

export interface PlanBookOptions {
  /** Pods whose plan is remembered; the oldest go first. */
  readonly podsMax: number;
}

export interface PlanEntry {
  readonly plan: GroupPlan;
  readonly pod: PlannedPod;
  /** A pod that its place depends on went elsewhere. */
  readonly isVoid: boolean;
}

/** The latest plan of every pod that waits to be placed. */
export class PlanBook {
  readonly #podsMax: number;
  /** By pod key, oldest plan first. */
  readonly #entries = new Map<string, PlanEntry>();

  constructor({ podsMax }: PlanBookOptions) {
    this.#podsMax = podsMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** Pods that had another plan follow this one from now on. */
  remember(plan: GroupPlan): void {
    for (const [key, pod] of plan.pods) {
      this.#entries.delete(key);
      this.#entries.set(key, { plan, pod, isVoid: false });
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#podsMax) return;
      this.#entries.delete(key);
    }
  }

  /** @param uid of the pod asked about: another pod of the same name has no plan; empty where it is not known. */
  get(podKey: string, uid: string): PlanEntry | undefined {
    const entry = this.#entries.get(podKey);
    return entry && (uid === "" || entry.pod.uid === "" || entry.pod.uid === uid) ? entry : undefined;
  }

  forget(podKey: string): void {
    this.#entries.delete(podKey);
  }

  /**
   * Tells where a pod went. If not where it was planned, then all of its plan that talk with it, over however many others, have
   * nothing to go where they were to go for: half a plan is worse than none. Costs O(1), or O(pods of the plan) where it went elsewhere.
   *
   * @returns undefined for a pod without a plan.
   */
  land(podKey: string, node: string): "as-planned" | "elsewhere" | undefined {
    const entry = this.#entries.get(podKey);
    if (!entry) return undefined;
    this.#entries.delete(podKey);
    if (entry.pod.node === node) return "as-planned";
    this.#voidPartners(entry);
    return "elsewhere";
  }

  #voidPartners({ plan, pod: gone }: PlanEntry): void {
    const reached = talkingWith([gone.workload], plan.traffic);
    for (const [key, pod] of plan.pods) {
      const entry = this.#entries.get(key);
      if (entry?.plan !== plan || !reached.has(pod.workload)) continue;
      this.#entries.set(key, { ...entry, isVoid: true });
    }
  }
}
