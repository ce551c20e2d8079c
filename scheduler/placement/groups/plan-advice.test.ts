import { expect, test } from "vitest";
import { type AdviceFacts, planAdvice } from "./plan-advice.ts";
import type { PlanEntry } from "./plan-book.ts";

const pod = { uid: "1", workload: "core/amf", node: "a" };
const plan = {
  name: "core/5gc",
  plannedAtMs: 1000,
  pods: new Map([["core/amf-0", pod]]),
  traffic: new Map([
    [
      "core/amf",
      new Map([
        ["core/smf", 300],
        ["core/nrf", 100],
      ]),
    ],
  ]),
  unplanned: new Map(),
  remarks: [],
};
const entry: PlanEntry = { plan, pod, isVoid: false };
const facts: AdviceFacts = {
  nowMs: 2000,
  ttlMs: 60_000,
  node: { isSchedulable: true },
  isAsked: true,
  traffic: new Map([["core/smf", 3]]),
};

test("a plan that holds names its node", () => {
  expect(planAdvice(entry, facts)).toEqual({ kind: "planned", plan, node: "a" });
});

const fallbacks: readonly { reason: string; entry?: Partial<PlanEntry>; facts?: Partial<AdviceFacts> }[] = [
  { reason: "expired", facts: { nowMs: 61_000 } },
  { reason: "partner-elsewhere", entry: { isVoid: true } },
  { reason: "node-gone", facts: { node: undefined } },
  { reason: "node-unschedulable", facts: { node: { isSchedulable: false } } },
  { reason: "node-not-asked", facts: { isAsked: false } },
  {
    reason: "traffic-turned",
    facts: {
      traffic: new Map([
        ["core/smf", 1],
        ["core/udr", 3],
      ]),
    },
  },
];

test.each(fallbacks)("$reason: scores are as without a plan", ({ reason, ...changes }) => {
  const advice = planAdvice({ ...entry, ...changes.entry }, { ...facts, ...changes.facts });
  expect(advice).toEqual({ kind: "fallback", plan, node: "a", reason });
});

test("telemetry that knows nothing contradicts nothing", () => {
  expect(planAdvice(entry, { ...facts, traffic: new Map() }).kind).toBe("planned");
});

test("ten times the traffic in the same parts is the same traffic", () => {
  const traffic = new Map([
    ["core/smf", 3000],
    ["core/nrf", 1000],
  ]);
  expect(planAdvice(entry, { ...facts, traffic }).kind).toBe("planned");
});
