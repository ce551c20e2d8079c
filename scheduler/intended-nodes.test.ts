/** A pod that takes the place of one that was moved goes where the plan has it, whatever its flows say. */
import { afterEach, expect, test } from "vitest";
import { askedPod } from "../test/builders/asked-pod.ts";
import { livePod } from "../test/builders/live-cluster.ts";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import { planOf } from "../test/builders/plan-situation.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";
import { explainTable } from "./explain-table.ts";
import { explanationSchema } from "./explanation-schema.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

const why = "plan weft-system/plan-1 (away from node a)";

/** Its flows draw the AMF to node c, and the plan has it on node b. */
async function moving(config: object = { rescheduler: { mode: "propose" } }): Promise<SchedulerBench> {
  bench = await schedulerBench({ pods: [meshPod("nrf-0", "c")], flows: { "amf>nrf": 1000 }, config: { ...config } });
  const chosen = { pod: "amf-1", podUid: "amf-1", newestOtherAtMs: undefined };
  bench.view.placementPlans.put(planOf({ progress: [{ state: "Replacing", ...chosen, evictedAtMs: 0 }] }));
  return bench;
}

test("the plan's node wins by far, and the others keep their order", async () => {
  expect(await (await moving()).scores(pendingPod("amf"))).toEqual({ a: 0, b: 10, c: 2 });
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

test("where plans of groups filter, it is not held to such a plan", async () => {
  const of = await moving({ rescheduler: { mode: "propose" }, groupPlan: { isFiltering: true } });
  const pod = livePod("amf-x", { annotations: { "weft.dev/planned-node": "c" } });
  of.view.pods.put(pod);
  const { json } = await of.ask("filter", { Pod: askedPod(pod), Nodes: null, NodeNames: ["a", "b", "c"] });
  expect(json).toMatchObject({ NodeNames: ["a", "b", "c"] });
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
  expect(nodes.map(({ node, score }) => [node, score])).toEqual([["c", 2], ["a", 0], ["b", 10]]); // biome-ignore format: pairs
  expect(explainTable(explanationSchema.parse(json))).toContain(`meant for b: ${why}`);
  of.view.pods.put({ ...meshPod("amf-x", "b"), uid: "amf-x" });
  await of.clock.advanceAsync(1000);
  expect(of.view.events).toMatchObject([{ reason: "PlacedByPlan", message: `placed on b by ${why}` }]);
});

test("a pod that kube-scheduler binds elsewhere all the same is told of, too", async () => {
  const of = await moving();
  await of.scores(pendingPod("amf"));
  of.view.pods.put({ ...meshPod("amf-x", "a"), uid: "amf-x" });
  await of.clock.advanceAsync(1000);
  const [event] = of.view.events;
  expect(event?.reason).toBe("PlacedElsewhere");
  expect(event?.message).toContain(
    `bound to a although ${why} had it on b; kube-scheduler's other scores outweighed that`,
  );
});
