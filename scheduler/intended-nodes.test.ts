/** A pod that takes the place of one that was moved goes where the plan has it, whatever its flows say. */
import { afterEach, expect, test } from "vitest";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import { planOf } from "../test/builders/plan-situation.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";
import { explainTable } from "./explain-table.ts";
import { explanationSchema } from "./explanation-schema.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

const why = "plan weft-system/plan-1 moves it there from node a";

/** Its flows draw the AMF to node c, and the plan has it on node b. */
async function moving(config: object = { rescheduler: { mode: "propose" } }): Promise<SchedulerBench> {
  bench = await schedulerBench({ pods: [meshPod("nrf-0", "c")], flows: { "amf>nrf": 1000 }, config: { ...config } });
  const chosen = { pod: "amf-1", podUid: "amf-1", newestOtherAtMs: undefined };
  bench.view.placementPlans.put(planOf({ progress: [{ state: "Replacing", ...chosen, evictedAtMs: 0 }] }));
  return bench;
}

test("the plan's node alone has a score", async () => {
  expect(await (await moving()).scores(pendingPod("amf"))).toEqual({ a: 0, b: 10, c: 0 });
});

test("the pod is assumed there, so that what talks to it goes there, too", async () => {
  const of = await moving();
  await of.scores(pendingPod("amf"));
  await of.learn({ "smf>amf": 1000 });
  expect(await of.scores(pendingPod("smf"))).toMatchObject({ b: 10, c: 0 });
});

test("where it does not fit, its flows say where it goes", async () => {
  expect(await (await moving()).scores(pendingPod("amf"), ["a", "c"])).toEqual({ a: 0, c: 10 });
});

test("pods of other workloads go where their flows are", async () => {
  const of = await moving();
  await of.learn({ "smf>nrf": 1000 });
  expect(await of.scores(pendingPod("smf"))).toMatchObject({ b: 0, c: 10 });
});

test("with the rescheduler off, plans mean nothing", async () => {
  expect(await (await moving({})).scores(pendingPod("amf"))).toMatchObject({ b: 0, c: 10 });
});

test("the explanation, its table and the event say that it was meant to be there", async () => {
  const of = await moving();
  await of.scores(pendingPod("amf"));
  const { json } = await of.get("/v1/explain/core/amf-x");
  expect(json.prioritize).toMatchObject({ intended: { node: "b", why }, assumedNode: "b" });
  const { nodes } = json.prioritize as { nodes: { node: string; score: number }[] };
  expect(nodes.map(({ node, score }) => [node, score])).toEqual([["c", 0], ["a", 0], ["b", 10]]); // biome-ignore format: pairs
  expect(explainTable(explanationSchema.parse(json))).toContain(`meant for b, which alone had a score: ${why}`);
  of.view.pods.put({ ...meshPod("amf-x", "b"), uid: "amf-x" });
  await of.clock.advanceAsync(1000);
  expect(of.view.events).toMatchObject([{ reason: "PlacedByTraffic", message: `placed on b: ${why}` }]);
});

test("a pod that kube-scheduler binds elsewhere all the same is told of, too", async () => {
  const of = await moving();
  await of.scores(pendingPod("amf"));
  of.view.pods.put({ ...meshPod("amf-x", "a"), uid: "amf-x" });
  await of.clock.advanceAsync(1000);
  const message = `bound to a although meant for b: ${why}`;
  expect(of.view.events).toMatchObject([{ reason: "PlacedElsewhere", message }]);
});
