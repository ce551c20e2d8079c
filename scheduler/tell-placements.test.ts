import { afterEach, expect, test } from "vitest";
import type { Pod } from "../core/model/pod.ts";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";

let bench: SchedulerBench;
afterEach(() => bench.stop());

const flows = { "amf>udm": 1_200_000 };
const boundPod = (node: string | undefined, suffix = "x", changes: Partial<Pod> = {}): Pod =>
  meshPod(`amf-${suffix}`, "", "", { uid: `amf-${suffix}`, node, ...changes });

async function openBench(config: object = {}, rates: Readonly<Record<string, number>> = flows): Promise<void> {
  bench = await schedulerBench({ pods: [meshPod("udm-0", "c")], flows: rates, config: { ...config } });
}

async function shows(pod: Pod): Promise<void> {
  bench.view.pods.put(pod);
  await bench.clock.advanceAsync(1000);
}

const said = () => bench.view.events.map(({ reason, message }) => `${reason}: ${message}`);
const counted = (outcome: string) => bench.metric(`weft_scheduler_placements_total{outcome="${outcome}"}`);

test("a pod that went to its best node says so in an event, with the flows that made it the best", async () => {
  await openBench();
  await bench.scores(pendingPod("amf"));
  await shows(boundPod(undefined));
  expect(bench.view.events).toEqual([]);
  await shows(boundPod("c"));
  expect(bench.view.events).toEqual([
    {
      regarding: { apiVersion: "v1", kind: "Pod", namespace: "core", name: "amf-x", uid: "amf-x" },
      type: "Normal",
      reason: "PlacedByTraffic",
      message:
        "placed on c (score 10 of 10): 1.2 MB/s with core/udm (measured) stays on the node; " +
        "the best other node a would cost 12 MB/s more, weighed by distance",
    },
  ]);
  expect(await counted("best")).toBe("1");
});

test("a pod that went elsewhere says what would have been better", async () => {
  await openBench();
  await bench.scores(pendingPod("amf"));
  await shows(boundPod("b"));
  expect(said()).toEqual([expect.stringMatching(/^PlacedElsewhere: bound to b .* although c .*outweighed that/)]);
  expect(await counted("elsewhere")).toBe("1");
});

test("each pod is told of once, whatever happens to it afterwards", async () => {
  await openBench();
  await bench.scores(pendingPod("amf"));
  await shows(boundPod("c"));
  await shows(boundPod("c", "x", { isReady: false }));
  await shows(boundPod("c", "x", { isTerminating: true }));
  expect(said()).toHaveLength(1);
});

test("a pod that this replica was not asked about is nothing to tell of, nor is another one of its name", async () => {
  await openBench();
  await bench.scores(pendingPod("amf"));
  await shows(boundPod("c", "y"));
  await shows(boundPod("c", "x", { uid: "another" }));
  expect(said()).toEqual([]);
});

test("who speaks of the flows is told", async () => {
  await openBench({}, {});
  const pod = pendingPod("amf");
  const annotations = { "weft.dev/talks-to": "udm=50k" };
  await bench.scores({ ...pod, metadata: { ...pod.metadata, annotations } });
  await shows(boundPod("c"));
  expect(said()[0]).toContain("50 kB/s with core/udm (annotation) stays on the node");
});

test.each([
  { ofPods: "all", events: ["PlacedWithoutPreference: bound to c, with no preference: no flow has been read yet"] },
  { ofPods: "scored", events: [] },
])("a neutral answer is told of with events.ofPods: $ofPods", async ({ ofPods, events }) => {
  await openBench({ events: { ofPods } }, {});
  await bench.scores(pendingPod("amf"));
  await shows(boundPod("c"));
  expect(said()).toEqual(events);
  expect(await counted("neutral")).toBe("1");
});

test("a pod of which no scores were asked is told of with events.ofPods: all", async () => {
  await openBench({ events: { ofPods: "all" } });
  await bench.ask("filter", { Pod: pendingPod("amf"), NodeNames: ["a"] });
  await shows(boundPod("a"));
  expect(said()).toEqual(["PlacedWithoutPreference: bound to a, for which kube-scheduler asked for no score"]);
  expect(await counted("unscored")).toBe("1");
});

test("with events.ofPods: off pods are counted only", async () => {
  await openBench({ events: { ofPods: "off" } });
  await bench.scores(pendingPod("amf"));
  await shows(boundPod("c"));
  expect(said()).toEqual([]);
  expect(await counted("best")).toBe("1");
});

test("a pod that was asked about again before it was bound is told of by the latest answer", async () => {
  await openBench();
  await bench.scores(pendingPod("amf"), ["a", "b"]);
  await bench.scores(pendingPod("amf"), ["b", "c"]);
  await shows(boundPod("c"));
  expect(said()).toEqual([expect.stringContaining("the best other node b would")]);
});

test("only so many pods are followed as can be explained", async () => {
  await openBench({ decisionsMax: 1 });
  await bench.scores(pendingPod("amf", "1"));
  await bench.scores(pendingPod("amf", "2"));
  await shows(boundPod("c", "1"));
  await shows(boundPod("c", "2"));
  expect(bench.view.events.map(({ regarding }) => regarding.name)).toEqual(["amf-2"]);
});
