/** The status of a PlacementPlan, which the rescheduler alone writes. */
import { z } from "zod";
import { present } from "../../core/model/invariant.ts";
import {
  gainReached,
  type MoveProgress,
  type PlanStatus,
  planMovesLimit,
  planPhases,
} from "../../core/model/placement-plan.ts";
import { conditions, observedGeneration } from "./conditions.ts";
import { ruled } from "./ruled.ts";
import { objectName, timestamp } from "./scalars.ts";

const moveStates = ["Evicting", "Replacing", "Moved", "Failed", "Skipped"] as const satisfies MoveProgress["state"][];
const REASON_LENGTH_MAX = 256;
const MESSAGE_LENGTH_MAX = 1024;
const UID_LENGTH_MAX = 128;

const cost = z.number().meta({ format: "double" });
const message = z.string().max(MESSAGE_LENGTH_MAX);

const flatMove = z.strictObject({
  state: z.enum(moveStates).describe("How far it has come."),
  pod: objectName.optional().describe("The pod that was chosen; absent where none was evicted."),
  podUid: z.string().min(1).max(UID_LENGTH_MAX).optional().describe("Its UID: no other is evicted for this move."),
  since: timestamp.optional().describe("Since when its eviction has been asked for."),
  evictedAt: timestamp.optional().describe("When it was evicted."),
  newestOtherAt: timestamp.optional().describe("When the newest of the workload's other pods was created."),
  replacement: objectName.optional().describe("The pod that took its place."),
  node: objectName.optional().describe("Where that one stands."),
  gain: cost.optional().describe("What the move saves by the flows as they were then."),
  message: message.optional().describe("What went wrong."),
});

type FlatMove = z.output<typeof flatMove>;

const moveProgress = ruled(
  flatMove,
  {
    cel: "self.state == 'Skipped' || (has(self.pod) && has(self.podUid))",
    message: "pod and podUid say which pod is moved",
    holds: (move) => move.state === "Skipped" || (move.pod !== undefined && move.podUid !== undefined),
  },
  {
    cel: "self.state == 'Skipped' || (self.state == 'Evicting' ? has(self.since) : has(self.evictedAt))",
    message: "since or evictedAt says when",
    holds: (move) =>
      move.state === "Skipped" || (move.state === "Evicting" ? move.since : move.evictedAt) !== undefined,
  },
  {
    cel: "has(self.replacement) ? has(self.node) && has(self.gain) : self.state != 'Moved'",
    message: "a replacement stands on a node and has a gain",
    holds: ({ state, replacement, node, gain }) =>
      replacement === undefined ? state !== "Moved" : node !== undefined && gain !== undefined,
  },
);

export const placementPlanStatus = z.strictObject({
  observedGeneration: observedGeneration.optional(),
  phase: z.enum(planPhases).describe("Proposed, Approved, Running, then Done or Abandoned."),
  reason: z.string().min(1).max(REASON_LENGTH_MAX).describe("Why it stands there, in one word for programs."),
  message: message.describe("The same as a sentence for people."),
  movesDone: z.int().min(0).max(planMovesLimit).meta({ format: "int32" }).describe("Moves that are over."),
  gain: cost.describe("What they have saved so far."),
  moves: z
    .array(moveProgress)
    .max(planMovesLimit)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe("Of the moves that have been begun, in the order of spec.moves."),
  startedAt: timestamp.optional().describe("When the first move began."),
  finishedAt: timestamp.optional().describe("When it was done or abandoned."),
  conditions: conditions.optional(),
});

export function planStatusOf(status: z.output<typeof placementPlanStatus>): PlanStatus {
  const { observedGeneration: generation = 0, phase, reason, moves, startedAt, finishedAt } = status;
  return {
    observedGeneration: generation,
    phase,
    reason,
    message: status.message,
    moves: moves.map(moveOf),
    startedAtMs: msOf(startedAt),
    finishedAtMs: msOf(finishedAt),
    conditions: status.conditions ?? [],
  };
}

/** What goes under `status` of the object. */
export function planStatusObject(status: PlanStatus): z.input<typeof placementPlanStatus> {
  const { observedGeneration: generation, phase, reason, startedAtMs, finishedAtMs } = status;
  return {
    observedGeneration: generation,
    phase,
    reason,
    message: status.message.slice(0, MESSAGE_LENGTH_MAX),
    movesDone: status.moves.filter(({ state }) => state !== "Evicting" && state !== "Replacing").length,
    gain: gainReached(status),
    moves: status.moves.map(flatMoveOf),
    ...timeAt("startedAt", startedAtMs),
    ...timeAt("finishedAt", finishedAtMs),
    conditions: status.conditions.map((condition) => ({ ...condition })),
  };
}

/** The rules say which state has which fields. */
function moveOf(move: FlatMove): MoveProgress {
  if (move.state === "Skipped") return skippedOf(move);
  const chosen = { pod: present(move.pod, "pod"), podUid: present(move.podUid, "podUid") };
  const newestOtherAtMs = msOf(move.newestOtherAt);
  if (move.state === "Evicting")
    return { state: "Evicting", ...chosen, newestOtherAtMs, sinceMs: present(msOf(move.since), "since") };
  const evicted = { ...chosen, evictedAtMs: present(msOf(move.evictedAt), "evictedAt") };
  if (move.state === "Replacing") return { state: "Replacing", ...evicted, newestOtherAtMs };
  const { replacement: pod, node = "", gain = 0 } = move;
  if (move.state === "Moved")
    return { state: "Moved", ...evicted, replacement: { pod: present(pod, "replacement"), node, gain } };
  const replacement = pod === undefined ? undefined : { pod, node, gain };
  return { state: "Failed", ...evicted, replacement, message: move.message ?? "" };
}

function skippedOf({ message: text = "", pod, podUid, since }: FlatMove): MoveProgress {
  const sinceMs = msOf(since);
  const isChosen = pod !== undefined && podUid !== undefined && sinceMs !== undefined;
  return { state: "Skipped", message: text, ...(isChosen && { chosen: { pod, podUid, sinceMs } }) };
}

function flatMoveOf(move: MoveProgress): FlatMove {
  if (move.state === "Skipped") {
    const { state, message: text, chosen: { sinceMs, ...pod } = {} } = move;
    return { state, ...pod, ...timeAt("since", sinceMs), message: text.slice(0, MESSAGE_LENGTH_MAX) };
  }
  const { state, pod, podUid } = move;
  const chosen = { state, pod, podUid };
  if (move.state === "Evicting" || move.state === "Replacing") {
    const begun = move.state === "Evicting" ? timeAt("since", move.sinceMs) : timeAt("evictedAt", move.evictedAtMs);
    return { ...chosen, ...begun, ...timeAt("newestOtherAt", move.newestOtherAtMs) };
  }
  const { pod: replacement, node, gain } = move.replacement ?? {};
  return {
    ...chosen,
    ...timeAt("evictedAt", move.evictedAtMs),
    ...(replacement !== undefined && { replacement, node, gain }),
    ...(move.state === "Failed" && { message: move.message.slice(0, MESSAGE_LENGTH_MAX) }),
  };
}

function msOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

function timeAt<K extends string>(key: K, ms: number | undefined): { [key in K]?: string } {
  return ms === undefined ? {} : ({ [key]: new Date(ms).toISOString() } as { [key in K]: string });
}
