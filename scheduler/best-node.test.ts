import { expect, test } from "vitest";
import { bestNode } from "./best-node.ts";

const pod = (uid: string) => ({ namespace: "core", name: "amf", uid, workload: "core/amf", labels: {} });
const scored = (...scores: readonly number[]) => ({
  worth: Float64Array.from(scores),
  scores: Uint8Array.from(scores),
});

test("the best node is the one with the highest score", () => {
  expect(bestNode(pod("1"), ["a", "b", "c"], scored(3, 10, 9))).toBe("b");
});

test("among equals each pod has its own, and the same every time", () => {
  const nodes = ["a", "b", "c", "d"];
  const counts = new Map<string, number>();
  for (let index = 0; index < 1000; index++) {
    const chosen = bestNode(pod(`uid-${index}`), nodes, scored(10, 0, 10, 10)) ?? "";
    expect(bestNode(pod(`uid-${index}`), nodes, scored(10, 0, 10, 10))).toBe(chosen);
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(["a", "c", "d"]);
  for (const count of counts.values()) expect(count).toBeGreaterThan(250);
});

test("without nodes there is none", () => {
  expect(bestNode(pod("1"), [], scored())).toBeUndefined();
});
