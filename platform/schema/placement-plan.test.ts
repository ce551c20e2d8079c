import { describe, expect, test } from "vitest";
import { planPhases } from "../../core/model/placement-plan.ts";
import { anyPlanStatus, moveProposal, newPlan } from "../../test/builders/placement-plan.ts";
import { parsePlacementPlan, placementPlanSpecObject } from "./placement-plan.ts";
import { planStatusObject } from "./placement-plan-status.ts";

const plan = newPlan({ proposal: moveProposal(["core/amf:a>b=300", "edge/upf-x:b>c.example=-5"]) });

function objectWith(changes: { spec?: object; status?: object } = {}) {
  return {
    apiVersion: "weft.dev/v1alpha1",
    kind: "PlacementPlan",
    metadata: {
      namespace: "weft-system",
      name: "plan-7x",
      uid: "u",
      generation: 2,
      resourceVersion: "77",
      creationTimestamp: "2030-01-01T00:00:00Z",
      managedFields: [],
    },
    spec: { ...placementPlanSpecObject(plan), ...changes.spec },
    ...(changes.status && { status: changes.status }),
  };
}

test.each(planPhases)("a plan of phase %s that was written is read back the same", (phase) => {
  const status = anyPlanStatus(phase);
  expect(parsePlacementPlan(objectWith({ status: planStatusObject(status) }))).toEqual({
    kind: "parsed",
    value: {
      ...plan,
      name: "plan-7x",
      uid: "u",
      generation: 2,
      version: "77",
      createdAtMs: Date.UTC(2030, 0, 1),
      status,
    },
  });
});

test("a plan that nobody has looked at is proposed", () => {
  const status = { phase: "Proposed", observedGeneration: 0, moves: [], conditions: [] };
  expect(parsePlacementPlan(objectWith())).toMatchObject({ kind: "parsed", value: { status } });
});

test("what kubectl shows is counted: moves, and the gain as a part of the cost", () => {
  expect(placementPlanSpecObject(plan)).toMatchObject({ moveCount: 2, gain: 295, costBefore: 1000, gainShare: 0.295 });
  expect(planStatusObject(anyPlanStatus("Running"))).toMatchObject({ movesDone: 5, gain: 98.5 });
});

test("sentences are cut to what the object may hold", () => {
  const long = "x".repeat(5000);
  const status = { ...anyPlanStatus("Running"), message: long, moves: [{ state: "Skipped", message: long } as const] };
  const parsed = parsePlacementPlan(objectWith({ status: planStatusObject(status) }));
  expect(parsed).toMatchObject({ kind: "parsed", value: { status: { message: "x".repeat(1024) } } });
});

const move = { workload: { namespace: "core", name: "amf" }, from: "a", to: "b", gain: 1 };
const chosen = { pod: "amf-1", podUid: "u" };
const evictedAt = "2030-01-01T00:00:00Z";
const base = planStatusObject(anyPlanStatus("Running"));
const wrong = [
  { name: "no moves", spec: { moves: [], moveCount: 0 }, field: "spec.moveCount" },
  { name: "a count that is not that of its moves", spec: { moveCount: 3 }, field: "spec" },
  { name: "too many moves", spec: { moves: Array(101).fill(move), moveCount: 100 }, field: "spec.moves" },
  { name: "a node that is no name", spec: { moves: [{ ...move, to: "B!" }], moveCount: 1 }, field: "spec.moves[0].to" },
  { name: "an unknown field", spec: { force: true }, field: "spec.force" },
  { name: "an unknown phase", status: { ...base, phase: "Paused" }, field: "status.phase" },
  { name: "a move without its pod", status: { ...base, moves: [{ state: "Evicting", since: evictedAt }] } },
  { name: "a move without its time", status: { ...base, moves: [{ state: "Replacing", ...chosen }] } },
  { name: "a move done without a replacement", status: { ...base, moves: [{ state: "Moved", ...chosen, evictedAt }] } },
];

describe("is refused by its field:", () => {
  test.each(wrong)("$name", ({ spec, status, field = "status.moves[0]" }) => {
    const object = objectWith({ ...(spec && { spec }), ...(status && { status }) });
    expect(parsePlacementPlan(object)).toMatchObject({ kind: "rejected", field });
  });
});
