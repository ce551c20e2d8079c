/** Moves worth making: what the rescheduler proposes, and how far it has come with carrying them out. */
import type { Condition } from "./condition.ts";
import type { Workload } from "./workload.ts";

export interface PlacementPlan {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** Another after every write; a status is written only over the version that it was worked out from. */
  readonly version: string;
  readonly createdAtMs: number;
  /** Anybody who may write the plan may set it, and take it back. */
  readonly isApproved: boolean;
  readonly proposal: MoveProposal;
  readonly status: PlanStatus;
}

/** What a plan promises. It is never edited: other moves are another plan. */
export interface MoveProposal {
  /** Carried out in this order, one at a time. */
  readonly moves: readonly PlannedMove[];
  /** What all moves together save: bytes per second times the cost of the ways they go. */
  readonly gain: number;
  /** Of all traffic, in the same unit. */
  readonly costBefore: number;
  readonly costAfter: number;
  /** How old the flows were that it goes by. */
  readonly flowsAgeMs: number;
}

/** One replica goes from one node to another; which pod that is gets chosen when it is time. */
export interface PlannedMove {
  readonly workload: Pick<Workload, "namespace" | "name">;
  /** Names of nodes. */
  readonly from: string;
  readonly to: string;
  /** What it saves after the moves before it; below 0 for one that only makes others possible. */
  readonly gain: number;
}

/** The most moves that a plan may have. */
export const planMovesLimit = 100;

export const planPhases = ["Proposed", "Approved", "Running", "Done", "Abandoned"] as const;
export type PlanPhase = (typeof planPhases)[number];

export interface PlanStatus {
  readonly observedGeneration: number;
  readonly phase: PlanPhase;
  /** Why it stands where it does: one word in UpperCamelCase for programs, a sentence for people. */
  readonly reason: string;
  readonly message: string;
  /** Of the moves that have been begun, in the plan's order: all but the last of them are over. */
  readonly moves: readonly MoveProgress[];
  readonly startedAtMs?: number | undefined;
  readonly finishedAtMs?: number | undefined;
  readonly conditions: readonly Condition[];
}

export type MoveProgress = Evicting | Replacing | Moved | Failed | Skipped;

/** The eviction is being asked for. For this move no other pod than this may be evicted any more. */
export interface Evicting extends UnderWay {
  readonly state: "Evicting";
  readonly sinceMs: number;
}

/** The pod is on its way out, and another is to take its place. */
export interface Replacing extends UnderWay {
  readonly state: "Replacing";
  readonly evictedAtMs: number;
}

/** A replacement is ready, and it has helped. */
export interface Moved extends ChosenPod {
  readonly state: "Moved";
  readonly evictedAtMs: number;
  readonly replacement: Replacement;
}

/** The pod is gone, but nothing has been gained. */
export interface Failed extends ChosenPod {
  readonly state: "Failed";
  readonly evictedAtMs: number;
  /** Undefined where none got ready in time. */
  readonly replacement: Replacement | undefined;
  readonly message: string;
}

/** Left out: no pod was chosen, or the chosen one could not be evicted. */
export interface Skipped {
  readonly state: "Skipped";
  readonly message: string;
  /** It may have been evicted all the same, by a replica that ended before it could say so. */
  readonly chosen?: (ChosenPod & { readonly sinceMs: number }) | undefined;
}

export interface ChosenPod {
  readonly pod: string;
  readonly podUid: string;
}

export interface UnderWay extends ChosenPod {
  /** When the newest of the workload's other pods was created: what comes later takes this one's place. */
  readonly newestOtherAtMs: number | undefined;
}

export interface Replacement {
  readonly pod: string;
  readonly node: string;
  /** What the move has saved, by the flows as they were when the replacement had settled. */
  readonly gain: number;
}

/** Of a plan that nobody has looked at yet. */
export const untouchedStatus: PlanStatus = {
  observedGeneration: 0,
  phase: "Proposed",
  reason: "Proposed",
  message: "",
  moves: [],
  conditions: [],
};

export function isUnfinished({ status }: PlacementPlan): boolean {
  return status.phase !== "Done" && status.phase !== "Abandoned";
}

/** When the move took a pod away, or began to, or may have done. */
export function evictedAtMs(move: MoveProgress): number | undefined {
  switch (move.state) {
    case "Evicting":
      return move.sinceMs;
    case "Skipped":
      return move.chosen?.sinceMs;
    default:
      return move.evictedAtMs;
  }
}

/** What the moves that are over have saved. */
export function gainReached({ moves }: Pick<PlanStatus, "moves">): number {
  return moves.reduce((sum, move) => sum + ("replacement" in move ? (move.replacement?.gain ?? 0) : 0), 0);
}
