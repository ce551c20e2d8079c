/** Where the pods of one group go together, and what that was thought out from. */

export interface PlannedPod {
  readonly uid: string;
  /** Workload key. */
  readonly workload: string;
  readonly node: string;
}

/** Bytes per second by workload and peer, both directions together; a pair is there from both sides. */
export type TrafficByPeer = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface GroupPlan {
  /** As people call it: the group's key, or how it came to be. */
  readonly name: string;
  readonly plannedAtMs: number;
  /** By pod key. */
  readonly pods: ReadonlyMap<string, PlannedPod>;
  readonly traffic: TrafficByPeer;
  /** Pods that found no room, by key. */
  readonly leftOut: readonly string[];
  /** What was wrong with the words of pods and chains, and what of the pods' own constraints the plan does not know. */
  readonly remarks: readonly string[];
}
