/** Plans, each with only what a test says of it. */
import type {
  MoveProgress,
  MoveProposal,
  PlannedMove,
  PlanPhase,
  PlanStatus,
} from "../../core/model/placement-plan.ts";
import type { NewPlan } from "../../core/ports/plan-writer.ts";

/** `core/amf:a>b` moves a replica of amf from node a to node b, and gains 100 unless told by `=12`. */
export function plannedMove(text: string): PlannedMove {
  const [, namespace = "", name = "", from = "", to = "", gain = "100"] =
    /^(?:(.+)\/)?(.+):(.+)>([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  return { workload: { namespace: namespace || "core", name }, from, to, gain: Number(gain) };
}

export function moveProposal(moves: readonly string[] = ["core/amf:a>b"]): MoveProposal {
  const planned = moves.map(plannedMove);
  const gain = planned.reduce((sum, move) => sum + move.gain, 0);
  return { moves: planned, gain, costBefore: 1000, costAfter: 1000 - gain, flowsAgeMs: 1500 };
}

export function newPlan(changes: Partial<NewPlan> = {}): NewPlan {
  return { namespace: "weft-system", isApproved: false, proposal: moveProposal(), ...changes };
}

const startMs = Date.UTC(2030, 0, 1);
const chosen = { pod: "amf-5d4f-x1", podUid: "11111111-2222-3333-4444-555555555555" };
const evictedAtMs = startMs + 1500;

/** One of each state that a move can have. */
export const anyMoves: readonly MoveProgress[] = [
  { state: "Skipped", message: "amf has no pod on node a" },
  { state: "Skipped", message: "the budget does not allow it", chosen: { ...chosen, sinceMs: startMs + 500 } },
  { state: "Moved", ...chosen, evictedAtMs, replacement: { pod: "amf-5d4f-x2", node: "b", gain: 99.5 } },
  { state: "Failed", ...chosen, evictedAtMs, replacement: undefined, message: "no replacement within 300 s" },
  {
    state: "Failed",
    ...chosen,
    evictedAtMs,
    replacement: { pod: "amf-5d4f-x3", node: "c", gain: -1 },
    message: "its replacement stands on node c",
  },
  { state: "Evicting", ...chosen, sinceMs: startMs + 1000, newestOtherAtMs: undefined },
  { state: "Replacing", ...chosen, evictedAtMs, newestOtherAtMs: startMs },
];

export function anyPlanStatus(phase: PlanPhase): PlanStatus {
  const isOver = phase === "Done" || phase === "Abandoned";
  const condition = {
    type: "Complete",
    status: phase === "Done" ? "True" : "False",
    reason: phase,
    message: "all of it",
    observedGeneration: 1,
    lastTransitionTime: "2030-01-01T00:00:00Z",
  } as const;
  return {
    observedGeneration: 1,
    phase,
    reason: phase,
    message: "all of it",
    moves: phase === "Proposed" ? [] : anyMoves,
    startedAtMs: phase === "Proposed" ? undefined : startMs,
    finishedAtMs: isOver ? startMs + 2000 : undefined,
    conditions: [condition],
  };
}
