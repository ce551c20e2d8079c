/** What a scoring plugin is asked, and what it answers. */
import type { GroupCosts } from "../../core/model/group-costs.ts";
import type { ReplicaCounts } from "../../core/model/replica-counts.ts";
import type { Topology } from "../../core/model/topology.ts";

/** One pod that is to be placed, and everything its placing depends on. */
export interface ScoringInput {
  readonly topology: Topology;
  /** Node indexes in the order of the answer; -1 is a node that the topology does not have. */
  readonly candidates: Int32Array;
  /** The other replicas of the pod's workload. */
  readonly own: ReplicaCounts;
  /** Workloads that the pod's workload talks to, wherever any of their replicas stands. */
  readonly peers: readonly ScoringPeer[];
  /** Of the topology's groups. */
  readonly costs: GroupCosts;
}

export interface ScoringPeer {
  /** Workload key. */
  readonly workload: string;
  /** The peer is the pod's own workload. */
  readonly isOwn: boolean;
  /** Between the two workloads, both directions. */
  readonly bytesPerSecond: number;
  /** At least one. */
  readonly replicas: ReplicaCounts;
}

/** By candidate. */
export interface Scoring {
  /** How good a node is, in the plugin's own unit; higher is better. */
  readonly worth: Float64Array;
  /** The same as kube-scheduler wants it: integers from 0 to 10. */
  readonly scores: Uint8Array;
}

export interface ScorePlugin {
  readonly name: string;
  /** What `worth` is, in words. */
  readonly worthUnit: string;
  /** Pure. Work in proportion to where the peers stand, plus one pass over the candidates. */
  score(input: ScoringInput): Scoring;
  /** What each peer adds to the worth of one node, by its index or -1; together they are its worth. Cheap beside `score`. */
  parts(input: ScoringInput, candidate: number): Float64Array;
  /** What can be said of a node that is worth less by so much, given as a rate. */
  behind(rate: string): string;
}

/** kube-scheduler's MaxExtenderPriority. */
export const scoreMax = 10;
