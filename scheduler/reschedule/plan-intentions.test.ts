import { describe, expect, test } from "vitest";
import type { MoveProgress } from "../../core/model/placement-plan.ts";
import type { Pod } from "../../core/model/pod.ts";
import { createMemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { type PlanWords, planOf, standingPod } from "../../test/builders/plan-situation.ts";
import { planIntentions } from "./plan-intentions.ts";

const other = standingPod({ name: "amf-1", on: "b" });
const chosen = { pod: "amf-2", podUid: "uid-core-amf-2", newestOtherAtMs: other.createdAtMs };
const evicting: MoveProgress = { state: "Evicting", ...chosen, sinceMs: 0 };
const replacing: MoveProgress = { state: "Replacing", ...chosen, evictedAtMs: 0 };
const moved: MoveProgress = {
  ...{ state: "Moved", pod: "amf-2", podUid: chosen.podUid, evictedAtMs: 0 },
  replacement: { pod: "amf-3", node: "b", gain: 1 },
};
const asked = { namespace: "core", name: "amf-3", uid: "uid-core-amf-3", workload: "core/amf", labels: {} };
const fresh = (name: string, on: string | undefined) => standingPod({ name, on, age: 9, isReady: false });

function nodeFor(plan: PlanWords, pods: readonly Pod[] = [], pod = asked): string | undefined {
  const cluster = createMemoryCluster();
  for (const each of [other, ...pods]) cluster.pods.put(each);
  cluster.placementPlans.put(planOf(plan));
  return planIntentions(cluster, "weft-system").nodeFor(pod)?.node;
}

const cases: { name: string; plan: PlanWords; pods?: readonly Pod[]; pod?: typeof asked; node: string | undefined }[] = [
  { name: "while its pod is evicted", plan: { progress: [evicting] }, node: "b" },
  { name: "while its pod is replaced", plan: { progress: [replacing] }, node: "b" },
  { name: "itself being known already, and pending", plan: { progress: [replacing] }, pods: [fresh("amf-3", undefined)], node: "b" },
  { name: "while another is pending besides", plan: { progress: [replacing] }, pods: [fresh("amf-4", undefined)], node: "b" },
  { name: "no more when another has taken the place", plan: { progress: [replacing] }, pods: [fresh("amf-4", "b")], node: undefined },
  { name: "not before its pod is chosen", plan: {}, node: undefined },
  { name: "not between two moves", plan: { progress: [moved], moves: ["core/amf:a>b", "core/amf:a>c"] }, node: undefined },
  { name: "by the move that is under way", plan: { progress: [moved, replacing], moves: ["core/amf:a>b", "core/amf:a>c"] }, node: "c" },
  { name: "not after the plan was abandoned", plan: { progress: [replacing], phase: "Abandoned" }, node: undefined },
  { name: "not if it is of another workload", plan: { progress: [replacing] }, pod: { ...asked, workload: "core/smf" }, node: undefined },
]; // biome-ignore format: a line a case

describe("a new pod of a workload that is moved is meant for the plan's node,", () => {
  test.each(cases)("$name: $node", ({ plan, pods = [], pod = asked, node }) => {
    expect(nodeFor(plan, pods, pod)).toBe(node);
  });
});

test("it says why, and plans of other namespaces say nothing", () => {
  const cluster = createMemoryCluster();
  cluster.placementPlans.put(planOf({ progress: [replacing] }));
  const why = "plan weft-system/plan-1 (away from node a)";
  expect(planIntentions(cluster, "weft-system").nodeFor(asked)).toEqual({ node: "b", why });
  expect(planIntentions(cluster, "elsewhere").nodeFor(asked)).toBeUndefined();
});
