import { expect, test } from "vitest";
import { isForFailingNodes, tolerates } from "./taint.ts";

const taint = { key: "dedicated", value: "upf", effect: "NoSchedule" };

const cases = [
  { toleration: { key: "dedicated", operator: "Equal", value: "upf", effect: "NoSchedule" }, bears: true },
  { toleration: { key: "dedicated", value: "upf" }, bears: true },
  { toleration: { key: "dedicated", value: "smf" }, bears: false },
  { toleration: { key: "dedicated" }, bears: false },
  { toleration: { key: "dedicated", operator: "Exists", effect: "NoExecute" }, bears: false },
  { toleration: { key: "dedicated", operator: "Exists" }, bears: true },
  { toleration: { operator: "Exists" }, bears: true },
  { toleration: { key: "other", operator: "Exists" }, bears: false },
  { toleration: { key: "dedicated", operator: "Gt", value: "1" }, bears: false },
];

test.each(cases)("$toleration bears dedicated=upf:NoSchedule: $bears", ({ toleration, bears }) => {
  expect(tolerates([toleration], taint)).toBe(bears);
});

test("a taint without a value is borne by equality with none", () => {
  expect(tolerates([{ key: "a" }], { key: "a", effect: "NoSchedule" })).toBe(true);
});

test("what admission gives every pod is known from what its owner wrote", () => {
  const given = { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" };
  expect([isForFailingNodes(given), isForFailingNodes({ ...given, effect: "" })]).toEqual([true, false]);
});
