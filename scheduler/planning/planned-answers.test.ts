/** What kube-scheduler is answered about a pod that has a plan, and when not by it. */
import { afterEach, expect, test } from "vitest";
import type { Pod } from "../../core/model/pod.ts";
import { askedPod } from "../../test/builders/asked-pod.ts";
import { liveNode, livePod } from "../../test/builders/live-cluster.ts";
import {
  type SchedulerBench,
  type SchedulerBenchOptions,
  schedulerBench,
} from "../../test/builders/scheduler-bench.ts";
import { planHere } from "./plan-runner.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

/** The NRF stands on c, where nothing else fits; the AMF talks to it a little and to the SMF a lot. */
const liveNodes = ["a", "b", "c"].map((name) => liveNode(name, { cpu: 2 }));
const standing = [livePod("nrf-0", { on: "c", cpu: 2 })];
const flows = { "amf>smf": 1000, "amf>nrf": 10 };
const [amf, smf] = ["amf-0", "smf-0"].map((name) => livePod(name)) as [Pod, Pod];

/** Both are planned; of a and b, which are alike, for a. */
async function plannedBench(options: SchedulerBenchOptions = {}, pods = [amf, smf]): Promise<SchedulerBench> {
  bench = await schedulerBench({ liveNodes, pods: standing, flows, runPlan: planHere, ...options });
  for (const pod of pods) bench.view.pods.put(pod);
  await bench.clock.advanceAsync(0);
  await bench.clock.advanceAsync(200);
  return bench;
}

async function explained(of: SchedulerBench, pod = amf) {
  const { json } = await of.get(`/v1/explain/core/${pod.name}`);
  return json as { filter?: { rejected: unknown }; prioritize?: Record<string, unknown> };
}

test("the planned node gets 10, the others keep the order of their own scores below 3", async () => {
  const of = await plannedBench();
  const scores = await of.scores(askedPod(amf));
  expect(scores).toEqual({ a: 10, b: 0, c: 2 });
});

test("the pod is assumed where it is planned, not where it would score best", async () => {
  const of = await plannedBench();
  await of.scores(askedPod(amf));
  expect((await explained(of)).prioritize).toMatchObject({ assumedNode: "a" });
  expect(await of.scores(askedPod(livePod("smf-9")))).toMatchObject({ a: 10 });
});

test("the explanation names the plan", async () => {
  const of = await plannedBench();
  await of.scores(askedPod(amf));
  expect((await explained(of)).prioritize).toMatchObject({
    plan: { kind: "planned", node: "a", group: "2 pods pending together", pods: 2, ageMs: expect.any(Number) },
  });
});

test("the explanation says what a byte costs by the plan, and had the pods been placed one by one", async () => {
  // The SMF comes first, as the larger one, and alone it would fill node a.
  const [large, small] = [livePod("smf-1", { cpu: 3 }), livePod("amf-1", { cpu: 1 })];
  const of = await plannedBench({ liveNodes: [liveNode("a", { cpu: 3 }), liveNode("b", { cpu: 4 })], pods: [] }, [
    large,
    small,
  ]);
  await of.scores(askedPod(large));
  const { prioritize } = await explained(of, large);
  expect(prioritize).toMatchObject({ plan: { node: "b", objective: { planned: 0, oneByOne: 10 } } });
});

test("without the filter by plans every node passes", async () => {
  const of = await plannedBench();
  const { json } = await of.ask("filter", { Pod: askedPod(amf), NodeNames: ["a", "b", "c"] });
  expect(json).toMatchObject({ NodeNames: ["a", "b", "c"], FailedNodes: {} });
});

test("the filter by plans lets only the planned node pass, says why of the others, and assumes the pod there", async () => {
  const of = await plannedBench({ config: { groupPlan: { isFiltering: true } } });
  const { json } = await of.ask("filter", { Pod: askedPod(amf), NodeNames: ["a", "b", "c"] });
  const reason = "the plan of 2 pods pending together has the pod on a";
  expect(json).toMatchObject({ NodeNames: ["a"], FailedNodes: { b: reason, c: reason } });
  expect(await of.metric("weft_scheduler_assumed_pods")).toBe("1");
  expect((await explained(of)).filter?.rejected).toEqual({ b: reason, c: reason });
});

test("the filter by plans lets all pass where the planned node is not among them", async () => {
  const of = await plannedBench({ config: { groupPlan: { isFiltering: true } } });
  const { json } = await of.ask("filter", { Pod: askedPod(amf), NodeNames: ["b", "c"] });
  expect(json).toMatchObject({ NodeNames: ["b", "c"], FailedNodes: {} });
});

const fallbacks: readonly {
  reason: string;
  happens: (of: SchedulerBench) => unknown;
  nodeNames?: readonly string[];
}[] = [
  { reason: "expired", happens: (of) => of.clock.advance(60_000) },
  { reason: "node-gone", happens: (of) => of.view.nodes.delete("a") },
  { reason: "node-unschedulable", happens: (of) => of.view.nodes.put(liveNode("a", { cpu: 2, unschedulable: true })) },
  { reason: "node-not-asked", happens: () => {}, nodeNames: ["b", "c"] },
  { reason: "traffic-turned", happens: (of) => of.learn({ "amf>nrf": 1_000_000 }) },
];

test.each(fallbacks)(
  "$reason: the answer is as without a plan, and counted",
  async ({ reason, happens, nodeNames }) => {
    const of = await plannedBench();
    await happens(of);
    const scores = await of.scores(askedPod(amf), nodeNames);
    expect(scores.c).toBe(10);
    expect(await of.metric(`weft_scheduler_plan_fallbacks_total{reason="${reason}"}`)).toBe("1");
    expect((await explained(of)).prioritize).toMatchObject({ plan: { kind: "fallback", reason }, assumedNode: "c" });
  },
);

test("a pod that another replica let go by a plan goes where that says", async () => {
  const of = await plannedBench();
  const released = livePod("amf-1", { annotations: { "weft.dev/planned-node": "b" } });
  of.view.pods.put(released);
  await of.clock.advanceAsync(200);
  expect(await of.scores(askedPod(released))).toMatchObject({ b: 10 });
});
