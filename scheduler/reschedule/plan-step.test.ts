import { describe, expect, test } from "vitest";
import type { Evicting, MoveProgress } from "../../core/model/placement-plan.ts";
import {
  createdAtMs,
  type PlanWords,
  planOf,
  planSituation,
  type SituationWords,
  standingPod,
} from "../../test/builders/plan-situation.ts";
import { budgetPeriodMs } from "./move-budget.ts";
import { nextPlanStep } from "./plan-step.ts";
import { SinceNotes } from "./situation.ts";

const nowMs = createdAtMs + 3_600_000;

/** Two replicas of amf, one of them away from udm, with which it talks. */
const [near, away] = [standingPod({ name: "amf-1", on: "b" }), standingPod({ name: "amf-2", on: "a", age: 1 })];
const udm = standingPod({ name: "udm-1", on: "b" });
const traffic = { "amf>udm": 1000 };
const apart: SituationWords = { pods: [near, away, udm], traffic };
const chosen = { pod: "amf-2", podUid: away.uid, newestOtherAtMs: near.createdAtMs };
const evicting: Evicting = { state: "Evicting", ...chosen, sinceMs: nowMs - 1000 };
const replacing: MoveProgress = { state: "Replacing", ...chosen, evictedAtMs: nowMs - 1000 };
const moved: MoveProgress = {
  ...{ state: "Moved", pod: "amf-2", podUid: away.uid, evictedAtMs: nowMs - 1000 },
  replacement: { pod: "amf-3", node: "b", gain: 500 },
};
const leaving = standingPod({ name: "amf-2", on: "a", age: 1, isLeaving: true });
const replacement = (on: string | undefined, isReady = true) => standingPod({ name: "amf-3", on, age: 60, isReady });

function refusedFor(ms: number) {
  return { podUid: away.uid, reason: "needs 2", tries: 1, notBeforeMs: nowMs + ms };
}

function step(plan: PlanWords, situation: SituationWords, atMs = nowMs) {
  return nextPlanStep(planOf(plan), planSituation(situation), atMs);
}

function news(phase: string, reason: string, moves?: unknown) {
  return { kind: "write", status: { phase, reason, ...(moves !== undefined && { moves }) } };
}

function rest(untilMs?: number) {
  return { kind: "rest", untilMs };
}

interface Case {
  readonly name: string;
  readonly plan?: PlanWords;
  readonly situation?: SituationWords;
  readonly next: object;
}

const between: readonly Case[] = [
  {
    name: "a proposal that was approved is approved",
    plan: { phase: "Proposed", reason: "Proposed" },
    next: news("Approved", "Approved", []),
  },
  {
    name: "a pod of the workload is chosen and written down before it is evicted",
    next: news("Running", "Evicting", [{ ...chosen, state: "Evicting", sinceMs: nowMs }]),
  },
  {
    name: "of several pods the youngest is chosen",
    situation: { ...apart, pods: [...apart.pods, standingPod({ name: "amf-9", on: "a", age: 7 })] },
    next: news("Running", "Evicting", [{ state: "Evicting", pod: "amf-9" }]),
  },
  {
    name: "a move whose pod has gone is left out, with the reason",
    situation: { pods: [near, udm], traffic },
    next: news("Running", "NextMove", [
      { state: "Skipped", message: "core/amf has no pod on node a that may be moved" },
    ]),
  },
  {
    name: "a move to a node that has filled up is left out",
    situation: { ...apart, room: { b: 2 } },
    next: news("Running", "NextMove", [{ state: "Skipped", message: expect.stringContaining("node b cannot take") }]),
  },
  {
    name: "an approval that was taken back ends it",
    plan: { isApproved: false },
    next: news("Abandoned", "Withdrawn", []),
  },
  {
    name: "flows that have gone end it",
    situation: { ...apart, traffic: { "amf>udm": 0 } },
    next: news("Abandoned", "NotWorthIt", []),
  },
  {
    name: "flows that have turned end it",
    situation: {
      pods: [near, away, udm, standingPod({ name: "nrf-1", on: "a" })],
      traffic: { "amf>udm": 10, "amf>nrf": 1000 },
    },
    next: news("Abandoned", "NotWorthIt", []),
  },
  {
    name: "a move that has come to cost more than it gains ends it",
    situation: { ...apart, limits: { moveCostPart: 1 } },
    next: news("Abandoned", "NotWorthIt", []),
  },
  {
    name: "without flows nothing moves",
    situation: { ...apart, cost: undefined },
    next: news("Approved", "FlowsUnknown", []),
  },
  {
    name: "what is waited for is told once",
    plan: { reason: "FlowsUnknown" },
    situation: { ...apart, cost: undefined },
    next: rest(),
  },
  {
    name: "a workload that was moved a moment ago is left alone for a while",
    plan: { reason: "WorkloadCooling" },
    situation: { ...apart, past: [{ workload: "core/amf", atMs: nowMs - 100 }], limits: { cooldownMs: 1000 } },
    next: rest(nowMs + 900),
  },
  {
    name: "the hour's moves are not exceeded",
    plan: { reason: "HourlyMovesMade" },
    situation: { ...apart, past: [{ workload: "core/nrf", atMs: nowMs - 100 }], limits: { movesPerHourMax: 1 } },
    next: rest(nowMs - 100 + budgetPeriodMs),
  },
  {
    name: "a workload with a pod that is not ready is waited for",
    plan: { reason: "WorkloadUnready" },
    situation: { ...apart, pods: [...apart.pods, standingPod({ name: "amf-9", on: "c", isReady: false })] },
    next: rest(nowMs + 20_000),
  },
  {
    name: "a workload with a pod that stands nowhere yet is waited for",
    situation: { ...apart, pods: [...apart.pods, standingPod({ name: "amf-9", on: undefined })] },
    next: news("Approved", "WorkloadUnready", []),
  },
  {
    name: "a workload with a pod on its way out is waited for",
    situation: { ...apart, pods: [...apart.pods, standingPod({ name: "amf-9", on: "c", isLeaving: true })] },
    next: news("Approved", "WorkloadUnready", []),
  },
  {
    name: "a workload with too few pods is not moved",
    situation: { ...apart, limits: { replicasMin: 3 } },
    next: news("Approved", "WorkloadUnready", []),
  },
  {
    name: "after the last move it is done",
    plan: { progress: [moved] },
    next: news("Done", "MovesMade", [moved]),
  },
  {
    name: "if every move was left out, nothing was done",
    plan: { progress: [{ state: "Skipped", message: "gone" }] },
    next: news("Abandoned", "NothingGained"),
  },
  {
    name: "if way was made for what had to be left out, nothing was gained",
    plan: {
      moves: ["core/idle:b>c=0", "core/amf:a>b"],
      progress: [
        { ...moved, replacement: { pod: "idle-2", node: "c", gain: 0 } },
        { state: "Skipped", message: "gone" },
      ],
    },
    next: news("Abandoned", "NothingGained"),
  },
  {
    name: "a plan that is over stays as it is",
    plan: { phase: "Abandoned", progress: [{ state: "Skipped", message: "gone" }] },
    next: rest(),
  },
  {
    name: "the next move follows the one before",
    plan: { moves: ["core/nrf:a>b", "core/amf:a>b"], progress: [{ ...moved, podUid: "other" }] },
    next: news("Running", "Evicting", [{ state: "Moved" }, { state: "Evicting", pod: "amf-2" }]),
  },
];

const underWay: readonly Case[] = [
  {
    name: "the chosen pod is evicted",
    plan: { progress: [evicting] },
    next: { kind: "evict", pod: { namespace: "core", name: "amf-2", uid: away.uid } },
  },
  {
    name: "it is not evicted before this replica has written that it is to be",
    plan: { progress: [evicting] },
    situation: { ...apart, isArmed: false },
    next: news("Running", "Evicting", [evicting]),
  },
  {
    name: "a pod that is on its way out is not evicted again",
    plan: { progress: [evicting] },
    situation: { pods: [near, leaving, udm], traffic },
    next: news("Running", "Replacing", [{ ...replacing, evictedAtMs: nowMs }]),
  },
  {
    name: "a pod that has gone is not evicted again",
    plan: { progress: [evicting] },
    situation: { pods: [near, replacement("b"), udm], traffic },
    next: news("Running", "Replacing", [{ ...replacing, evictedAtMs: nowMs }]),
  },
  {
    name: "no other pod of the node is evicted in its place",
    plan: { progress: [evicting] },
    situation: { pods: [near, standingPod({ name: "amf-8", on: "a" }), udm], traffic },
    next: news("Running", "Replacing", [{ podUid: away.uid }]),
  },
  {
    name: "an eviction that was refused for now is not asked for again too soon",
    plan: { progress: [evicting] },
    situation: { ...apart, delay: refusedFor(500) },
    next: { kind: "write", status: { reason: "EvictionDelayed", message: expect.stringContaining("needs 2") } },
  },
  {
    name: "that is told once",
    plan: { progress: [evicting], reason: "EvictionDelayed" },
    situation: { ...apart, delay: refusedFor(500) },
    next: rest(nowMs + 500),
  },
  {
    name: "then it is asked for again",
    plan: { progress: [evicting] },
    situation: { ...apart, delay: refusedFor(0) },
    next: { kind: "evict" },
  },
  {
    name: "another pod's refusal says nothing",
    plan: { progress: [evicting] },
    situation: { ...apart, delay: { ...refusedFor(500), podUid: near.uid } },
    next: { kind: "evict" },
  },
  {
    name: "a pause that no limit allows is a clock that has stepped back",
    plan: { progress: [evicting] },
    situation: { ...apart, delay: refusedFor(10_001) },
    next: { kind: "evict" },
  },
  {
    name: "an eviction that is not allowed in time is given up, with the reason",
    plan: { progress: [{ ...evicting, sinceMs: nowMs - 10_000 }] },
    situation: { ...apart, delay: refusedFor(0) },
    next: news("Running", "NextMove", [{ state: "Skipped", message: expect.stringContaining("needs 2") }]),
  },
  {
    name: "an approval that is taken back in time keeps the pod, which is known only when it had been gone by now",
    plan: { progress: [evicting], isApproved: false, reason: "Evicting" },
    next: rest(nowMs + 5000),
  },
  {
    name: "an approval that is taken back in time keeps a pod that could not be evicted yet",
    plan: { progress: [evicting], isApproved: false },
    situation: { ...apart, delay: refusedFor(500) },
    next: news("Running", "NextMove", [{ state: "Skipped", chosen: { podUid: away.uid, sinceMs: evicting.sinceMs } }]),
  },
  {
    name: "a workload that has grown meanwhile is left as it is",
    plan: { progress: [evicting] },
    situation: { ...apart, pods: [...apart.pods, replacement("c")], delay: refusedFor(500) },
    next: news("Running", "NextMove", [{ state: "Skipped", message: expect.stringContaining("another pod") }]),
  },
  {
    name: "without flows nobody is evicted",
    plan: { progress: [evicting] },
    situation: { ...apart, cost: undefined },
    next: news("Running", "FlowsUnknown", [evicting]),
  },
  {
    name: "a replacement is waited for",
    plan: { progress: [replacing], reason: "Replacing" },
    situation: { pods: [near, udm], traffic },
    next: rest(nowMs + 19_000),
  },
  {
    name: "one that stands nowhere yet is none",
    plan: { progress: [replacing], reason: "Replacing" },
    situation: { pods: [near, udm, replacement(undefined)], traffic },
    next: rest(nowMs + 19_000),
  },
  {
    name: "one that is not ready yet is none",
    plan: { progress: [replacing], reason: "Replacing" },
    situation: { pods: [near, udm, replacement("b", false)], traffic },
    next: rest(nowMs + 19_000),
  },
  {
    name: "if none comes in time, the plan ends",
    plan: { progress: [{ ...replacing, evictedAtMs: nowMs - 20_000 }] },
    situation: { pods: [near, udm], traffic },
    next: news("Abandoned", "NoReplacement", [{ state: "Failed", replacement: undefined }]),
  },
  {
    name: "an approval that is taken back too late still sees the move through",
    plan: { progress: [replacing], isApproved: false },
    situation: { pods: [near, udm, replacement("b")], traffic },
    next: news("Running", "NextMove", [{ state: "Moved" }]),
  },
  {
    name: "flows are given time to be measured anew",
    plan: { progress: [replacing], reason: "Settling" },
    situation: { pods: [near, udm, replacement("b")], traffic, limits: { settleMs: 300 } },
    next: rest(nowMs + 300),
  },
  {
    name: "a replacement where it was to be has gained what it was to",
    plan: { progress: [replacing] },
    situation: { pods: [near, leaving, udm, replacement("b")], traffic },
    next: news("Running", "NextMove", [
      { state: "Moved", podUid: away.uid, replacement: { pod: "amf-3", node: "b", gain: 500 } },
    ]),
  },
  {
    name: "a replacement back where it was has gained nothing, which ends the plan",
    plan: { progress: [replacing] },
    situation: { pods: [near, udm, replacement("a")], traffic },
    next: news("Abandoned", "NoGain", [{ state: "Failed", replacement: { pod: "amf-3", node: "a", gain: 0 } }]),
  },
  {
    name: "a replacement elsewhere that gains nothing ends the plan",
    plan: { progress: [replacing] },
    situation: { pods: [near, udm, replacement("c")], traffic },
    next: news("Abandoned", "NoGain", [{ state: "Failed", message: expect.stringContaining("instead of node b") }]),
  },
  {
    name: "a replacement elsewhere that gains all the same is as good",
    plan: { progress: [replacing] },
    situation: {
      pods: [near, udm, standingPod({ name: "udm-2", on: "c" }), replacement("c")],
      traffic,
    },
    next: news("Running", "NextMove", [{ state: "Moved", replacement: { node: "c", gain: 500 } }]),
  },
  {
    name: "flows that turned meanwhile make it a move that has not helped",
    plan: { progress: [replacing] },
    situation: {
      pods: [near, udm, replacement("b"), standingPod({ name: "nrf-1", on: "a" })],
      traffic: { "amf>udm": 1, "amf>nrf": 1000 },
    },
    next: news("Abandoned", "NoGain", [{ state: "Failed", replacement: { gain: -499.5 } }]),
  },
  {
    name: "a move that only makes way has done so where it was to",
    plan: { moves: ["core/idle:a>b=0"], progress: [{ ...replacing, podUid: "idle", newestOtherAtMs: undefined }] },
    situation: { ...apart, pods: [...apart.pods, standingPod({ name: "idle-2", on: "b" })] },
    next: news("Running", "NextMove", [{ state: "Moved", replacement: { pod: "idle-2", gain: 0 } }]),
  },
  {
    name: "without flows nobody knows whether it has helped",
    plan: { progress: [replacing] },
    situation: { pods: [near, udm, replacement("b")], traffic, cost: undefined },
    next: news("Running", "FlowsUnknown", [replacing]),
  },
];

describe("between two moves", () => {
  test.each(between)("$name", ({ plan = {}, situation = apart, next }) => {
    expect(step(plan, situation)).toMatchObject(next);
  });
});

describe("during a move", () => {
  test.each(underWay)("$name", ({ plan = {}, situation = apart, next }) => {
    expect(step(plan, situation)).toMatchObject(next);
  });
});

test("a workload that does not get ready in time is left out", () => {
  const notes = new SinceNotes();
  const unready = { ...apart, pods: [...apart.pods, standingPod({ name: "amf-9", on: "c", isReady: false })], notes };
  expect(step({}, unready)).toMatchObject(news("Approved", "WorkloadUnready"));
  expect(step({}, unready, nowMs + 19_999)).toMatchObject(news("Approved", "WorkloadUnready"));
  expect(step({}, unready, nowMs + 20_000)).toMatchObject(news("Running", "NextMove", [{ state: "Skipped" }]));
});

test("a clock that has stepped back by a day holds nothing up for a day", () => {
  const notes = new SinceNotes();
  const day = 86_400_000;
  const late = { ...replacing, evictedAtMs: nowMs + day };
  const waiting = { pods: [near, udm], traffic, notes };
  expect(step({ progress: [late], reason: "Replacing" }, waiting)).toEqual(rest(nowMs + 20_000));
  expect(step({ progress: [late] }, waiting, nowMs + 20_000)).toMatchObject(news("Abandoned", "NoReplacement"));
  const asked = { ...evicting, sinceMs: nowMs + day };
  expect(step({ progress: [asked] }, { ...apart, notes })).toMatchObject({ kind: "evict" });
  expect(step({ progress: [asked] }, { ...apart, notes }, nowMs + 10_000)).toMatchObject(
    news("Running", "NextMove", [{ state: "Skipped" }]),
  );
});

test("a status has the conditions of the generation that was looked at, and the times of its phases", () => {
  const begun = step({}, apart);
  if (begun.kind !== "write") throw new Error("nothing is written");
  const { conditions, startedAtMs, observedGeneration } = begun.status;
  expect({ startedAtMs, observedGeneration }).toEqual({ startedAtMs: nowMs, observedGeneration: 1 });
  expect(conditions).toMatchObject([
    { type: "Approved", status: "True", observedGeneration: 1 },
    { type: "Complete", status: "False", reason: "Evicting", message: begun.status.message },
  ]);
  const done = step({ progress: [moved] }, apart);
  expect(done).toMatchObject({
    status: { finishedAtMs: nowMs, conditions: [{}, { type: "Complete", status: "True" }] },
  });
  expect(done).toMatchObject({
    status: {
      message:
        "1 of 1 moves made, which save 50.0 % of what traffic cost, where 10.0 % of what traffic cost was promised",
    },
  });
});
