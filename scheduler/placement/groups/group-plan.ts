/** Where the pods of one group go together, and what that was thought out from. */

import type { Unplanned } from "./unplanned.ts";

export interface PlannedPod {
  readonly uid: string;
  /** Workload key. */
  readonly workload: string;
  readonly node: string;
}

/** Bytes per second by workload and peer, both directions together; a pair is there from both sides. */
export type TrafficByPeer = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** What a byte of the group's traffic costs on average, by the plan and without one. */
export interface PlanObjective {
  readonly planned: number;
  /** Had its pods been placed one after another, large ones first, each where it costs least at that time. */
  readonly oneByOne: number;
}

export interface GroupPlan {
  /** As people call it: the group's key, or how it came to be. */
  readonly name: string;
  readonly plannedAtMs: number;
  /** By pod key. */
  readonly pods: ReadonlyMap<string, PlannedPod>;
  readonly traffic: TrafficByPeer;
  readonly objective?: PlanObjective | undefined;
  /** By pod key, why other pods of the group have no node. */
  readonly unplanned: ReadonlyMap<string, Unplanned>;
  /** What was wrong with the words of pods and chains, and what of the cluster the plan could not express. */
  readonly remarks: readonly string[];
}
