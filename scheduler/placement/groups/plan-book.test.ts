import { expect, test } from "vitest";
import type { GroupPlan } from "./group-plan.ts";
import { PlanBook } from "./plan-book.ts";

/** AMF and SMF talk; the UDR talks to neither. */
const traffic = new Map([
  ["core/amf", new Map([["core/smf", 100]])],
  ["core/smf", new Map([["core/amf", 100]])],
]);

function planOf(name: string, nodes: Readonly<Record<string, string>>): GroupPlan {
  const pods = Object.entries(nodes).map(([pod, node]) => {
    const workload = `core/${pod.split("-")[0]}`;
    return [`core/${pod}`, { uid: pod, workload, node }] as const;
  });
  return {
    name,
    plannedAtMs: 0,
    pods: new Map(pods),
    traffic,
    unplanned: new Map(),
    remarks: [],
  };
}

function bookOf(...plans: readonly GroupPlan[]): PlanBook {
  const book = new PlanBook({ podsMax: 4 });
  for (const plan of plans) book.remember(plan);
  return book;
}

test("a pod has the latest plan that speaks of it", () => {
  const book = bookOf(planOf("first", { "amf-0": "a", "smf-0": "a" }), planOf("second", { "amf-0": "b" }));
  expect(book.get("core/amf-0", "amf-0")).toMatchObject({ plan: { name: "second" }, pod: { node: "b" } });
  expect(book.get("core/smf-0", "smf-0")).toMatchObject({ plan: { name: "first" }, pod: { node: "a" } });
});

test("another pod of the same name has none", () => {
  const book = bookOf(planOf("first", { "amf-0": "a" }));
  expect(book.get("core/amf-0", "another")).toBeUndefined();
  expect(book.get("core/amf-0", "")).toBeDefined();
});

test("pods beyond the limit are forgotten, oldest plan first", () => {
  const book = bookOf(
    planOf("first", { "amf-0": "a", "amf-1": "a" }),
    planOf("second", { "smf-0": "a", "smf-1": "a", "smf-2": "b" }),
  );
  expect([...book.keys()]).toEqual(["core/amf-1", "core/smf-0", "core/smf-1", "core/smf-2"]);
});

test("a pod that has landed needs no plan, and is told of once", () => {
  const book = bookOf(planOf("first", { "amf-0": "a" }));
  expect(book.land("core/amf-0", "a")).toBe("as-planned");
  expect(book.land("core/amf-0", "a")).toBeUndefined();
  expect(book.size).toBe(0);
});

test("a pod that lands elsewhere voids the plan of all that talk with it, and of nobody else", () => {
  const book = bookOf(planOf("first", { "amf-0": "a", "smf-0": "a", "smf-1": "b", "udr-0": "a" }));
  expect(book.land("core/amf-0", "c")).toBe("elsewhere");
  const isVoid = (pod: string) => book.get(`core/${pod}`, pod)?.isVoid;
  expect(["smf-0", "smf-1", "udr-0"].map(isVoid)).toEqual([true, true, false]);
});

test("what landed elsewhere voids nothing of a later plan", () => {
  const book = bookOf(planOf("first", { "amf-0": "a", "smf-0": "a" }), planOf("second", { "smf-0": "a" }));
  book.land("core/amf-0", "c");
  expect(book.get("core/smf-0", "smf-0")?.isVoid).toBe(false);
});
