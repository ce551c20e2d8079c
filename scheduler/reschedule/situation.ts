/** What the next step of a plan depends on, besides the plan and the time. */
import type { Pod } from "../../core/model/pod.ts";
import type { PastEviction } from "./move-budget.ts";
import type { WorthLimits } from "./move-proposal.ts";
import type { ReplicaMove, TrafficCost } from "./traffic-cost.ts";

export interface Situation {
  /** By workload key, those that have not run to their end. */
  readonly podsOf: (workload: string) => readonly Pod[];
  readonly isMovable: (pod: Pod) => boolean;
  /** Of all traffic as pods stand now; undefined while nobody knows the flows. */
  readonly cost: TrafficCost | undefined;
  /** Why the move cannot be made as the cluster is now; undefined if it can. */
  readonly hindranceTo: (move: ReplicaMove) => string | undefined;
  /** Of all plans. */
  readonly past: readonly PastEviction[];
  readonly notes: SinceNotes;
  /**
   * This replica has just written the plan as it is and asked for no eviction since. Every eviction follows such a write, which fails
   * where another replica has written meanwhile: one that has lost the lead unawares evicts nobody.
   */
  readonly isArmed: boolean;
  /** The pod whose eviction was refused for now. */
  readonly delay: EvictionDelay | undefined;
  readonly limits: CarryingLimits;
}

export interface EvictionDelay {
  readonly podUid: string;
  readonly reason: string;
  /** Evictions of the pod that were asked for in vain. */
  readonly tries: number;
  readonly notBeforeMs: number;
}

/** From the configuration. */
export interface CarryingLimits extends WorthLimits {
  readonly movesPerHourMax: number;
  readonly cooldownMs: number;
  readonly replicasMin: number;
  readonly evictionMsMax: number;
  readonly replacementMsMax: number;
  readonly settleMs: number;
}

/** When something was first seen so; all of it can be lost in a restart, which only makes it wait longer. */
export class SinceNotes {
  readonly #sinceMs = new Map<string, number>();

  /** How long ago it was first seen; 0 the first time, and after the clock has stepped back. */
  elapsedMs(key: string, nowMs: number): number {
    const sinceMs = this.#sinceMs.get(key);
    if (sinceMs !== undefined && sinceMs <= nowMs) return nowMs - sinceMs;
    this.#sinceMs.set(key, nowMs);
    return 0;
  }

  clear(): void {
    this.#sinceMs.clear();
  }
}
