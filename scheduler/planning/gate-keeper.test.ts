/** Groups behind Weft's gate: when they are planned, what they are told, and that nothing holds them for good. */
import { afterEach, expect, test } from "vitest";
import type { Pod } from "../../core/model/pod.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import { createMemoryEventRecorder } from "../../platform/memory/memory-event-recorder.ts";
import { liveNode, livePod, type PodWords } from "../../test/builders/live-cluster.ts";
import { planOf } from "../../test/builders/plan-situation.ts";
import {
  type SchedulerBench,
  type SchedulerBenchOptions,
  schedulerBench,
} from "../../test/builders/scheduler-bench.ts";
import { createMemoryPodRelease, type MemoryPodRelease } from "../../test/fakes/memory-pod-release.ts";
import { createScriptedLeadership, type ScriptedLeadership } from "../../test/fakes/scripted-leadership.ts";
import { planHere, type RunPlan } from "./plan-runner.ts";

interface GateBench extends SchedulerBench {
  readonly release: MemoryPodRelease;
  readonly leadership: ScriptedLeadership;
  /** Events by pod name. */
  events(): Readonly<Record<string, string>>;
}

let bench: GateBench | undefined;
afterEach(() => bench?.stop());

const liveNodes = ["a", "b", "c"].map((name) => liveNode(name, { cpu: 2 }));
const flows = { "amf>smf": 1000, "udm>udr": 1000 };
const quick = { perSecondMax: 1000 };

async function gateBench(options: SchedulerBenchOptions & { isLeader?: boolean } = {}): Promise<GateBench> {
  const { isLeader = true, config = {}, ...rest } = options;
  const leadership = createScriptedLeadership(isLeader);
  const recorder = createMemoryEventRecorder(100);
  // The cluster is the bench's, which is made with the adapter: it learns of it a moment later.
  let adapter: MemoryPodRelease | undefined;
  const release = { release: (...args: Parameters<MemoryPodRelease["release"]>) => present(adapter).release(...args) };
  const gates = { release, leadership };
  const made = await schedulerBench({
    ...{ liveNodes, flows, runPlan: planHere, gates, recorder, ...rest },
    config: { events: quick, ...config },
  });
  adapter = createMemoryPodRelease(made.view);
  const events = () =>
    Object.fromEntries(
      recorder.events.map(({ regarding, type, reason, message }) => [regarding.name, `${type} ${reason}: ${message}`]),
    );
  bench = { ...made, release: adapter, leadership, events };
  return bench;
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("not there yet");
  return value;
}

function gatedPod(name: string, words: PodWords & { group?: string; size?: string } = {}): Pod {
  const { group = "5gc", size, annotations = {}, ...rest } = words;
  return livePod(name, {
    labels: { "weft.dev/placement-group": group },
    annotations: { ...annotations, ...(size === undefined ? {} : { "weft.dev/placement-group-size": size }) },
    schedulingGates: [{ name: "weft.dev/placement" }],
    ...rest,
  });
}

async function come(of: GateBench, ...pods: readonly Pod[]): Promise<void> {
  for (const pod of pods) of.view.pods.put(pod);
  await of.clock.advanceAsync(20);
}

const nodesOf = ({ release }: GateBench) =>
  Object.fromEntries(release.calls.map(({ pod, target }) => [pod.slice("core/".length), target?.node]));

test("a group that nobody joins any more is planned as one, and each pod is told of its node", async () => {
  const of = await gateBench();
  await come(of, gatedPod("amf-0"), gatedPod("udm-0"));
  await come(of, gatedPod("smf-0"), gatedPod("udr-0"));
  expect(of.release.calls).toEqual([]);
  await of.clock.advanceAsync(300);
  const nodes = nodesOf(of);
  expect(nodes).toEqual({
    "amf-0": nodes["smf-0"],
    "smf-0": nodes["smf-0"],
    "udm-0": nodes["udr-0"],
    "udr-0": nodes["udr-0"],
  });
  expect(nodes["amf-0"]).not.toBe(nodes["udm-0"]);
  expect(of.release.calls.map(({ target }) => target?.affinity)).toEqual(Array(4).fill("preferred"));
  expect(of.events()["amf-0"]).toBe(
    `Normal PlacementPlanned: let go towards ${nodes["amf-0"]} (preferred), planned together with 3 others of core/5gc`,
  );
  expect(await of.metric('weft_scheduler_released_pods_total{outcome="planned"}')).toBe("4");
  expect(await of.metric("weft_scheduler_gated_pods")).toBe("0");
});

test("a group that says its size waits for nothing else", async () => {
  const of = await gateBench();
  await come(of, gatedPod("amf-0", { size: "2" }));
  await of.clock.advanceAsync(1000);
  expect(of.release.calls).toEqual([]);
  await come(of, gatedPod("smf-0", { size: "2" }));
  expect(Object.keys(nodesOf(of))).toEqual(["amf-0", "smf-0"]);
});

test("pods of the group that run already count towards its size", async () => {
  const labels = { "weft.dev/placement-group": "5gc" };
  const of = await gateBench({ pods: [livePod("amf-0", { on: "b", labels })] });
  await come(of, gatedPod("smf-0", { size: "2" }));
  expect(nodesOf(of)).toEqual({ "smf-0": "b" });
});

test("who takes the place of a moved pod waits for nobody, and is steered instead of planned", async () => {
  const chosen = { pod: "amf-1", podUid: "amf-1", newestOtherAtMs: undefined };
  const of = await gateBench({ config: { rescheduler: { mode: "auto" } } });
  of.view.placementPlans.put(planOf({ progress: [{ state: "Replacing", ...chosen, evictedAtMs: 0 }] }));
  await come(of, gatedPod("amf-0", { size: "9" }), gatedPod("smf-0", { size: "9" }));
  expect(nodesOf(of)).toEqual({ "amf-0": undefined });
  expect(of.events()["amf-0"]).toContain("let go without a node: it takes the place of a pod that was moved");
});

test("a group whose size is never met is planned before anybody waits too long", async () => {
  const of = await gateBench();
  await come(of, gatedPod("amf-0", { size: "9" }), gatedPod("smf-0", { size: "9" }));
  await of.clock.advanceAsync(7900);
  expect(of.release.calls).toEqual([]);
  await of.clock.advanceAsync(200);
  expect(Object.keys(nodesOf(of))).toEqual(["amf-0", "smf-0"]);
});

test("groups that become whole while a plan is made are planned as one after it", async () => {
  const plans: number[] = [];
  let finish = () => {};
  const run: RunPlan = async (scenario, order) => {
    // Without steps it is what plans are compared with.
    if (order.stepsMax === 0) return planHere(scenario, order);
    plans.push(scenario.services.length);
    await new Promise<void>((resolve) => (finish = resolve));
    return planHere(scenario, order);
  };
  const of = await gateBench({ runPlan: run });
  await come(of, gatedPod("amf-0", { group: "one", size: "2" }), gatedPod("smf-0", { group: "one", size: "2" }));
  await come(of, gatedPod("udm-0", { group: "two", size: "1" }), gatedPod("udr-0", { group: "three", size: "1" }));
  expect(plans).toEqual([2]);
  finish();
  await of.clock.advanceAsync(60);
  expect(plans).toEqual([2, 2]);
  finish();
  await of.clock.advanceAsync(20);
  expect(of.events()["udr-0"]).toContain("planned together with 1 others of core/two and 1 other groups");
});

test("a pod that requires its node is told so", async () => {
  const of = await gateBench();
  const annotations = { "weft.dev/placement-affinity": "required" };
  await come(of, gatedPod("amf-0", { size: "2", annotations }), gatedPod("smf-0", { size: "2" }));
  expect(of.release.calls.map(({ target }) => target?.affinity)).toEqual(["required", "preferred"]);
});

test("words that mean nothing are named in the event, and hold nobody", async () => {
  const of = await gateBench();
  const annotations = { "weft.dev/placement-affinity": "must" };
  await come(of, gatedPod("amf-0", { size: "two", annotations }), gatedPod("smf-0"));
  await of.clock.advanceAsync(300);
  expect(of.events()["amf-0"]).toMatch(
    /^Warning PlacementPlanned: .*size: "two" is not.*; .*affinity: "must" is neither/,
  );
});

test("other gates stay, and the pod keeps its place in later plans", async () => {
  const of = await gateBench();
  const schedulingGates = [{ name: "example.com/quota" }, { name: "weft.dev/placement" }];
  await come(of, gatedPod("amf-0", { size: "2", schedulingGates }), gatedPod("smf-0", { size: "2" }));
  expect(of.view.pods.get("core/amf-0")?.schedulingGates).toEqual(["example.com/quota"]);
  const node = nodesOf(of)["amf-0"];
  await come(of, gatedPod("udm-0", { group: "later", size: "2" }), gatedPod("udr-0", { group: "later", size: "2" }));
  expect(nodesOf(of)["udm-0"]).not.toBe(node);
});

const unplanned: readonly { name: string; options?: SchedulerBenchOptions; pods: readonly Pod[]; event: RegExp }[] = [
  {
    name: "no room is found for it",
    pods: [gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2", cpu: 3 })],
    event: /^Warning PlacementUnplanned: let go without a node: no room was found for it/,
  },
  {
    name: "nothing is known of its flows",
    pods: [
      gatedPod("amf-0", { size: "3" }),
      gatedPod("udm-0", { size: "3" }),
      gatedPod("smf-0", { size: "3", owner: "ReplicaSet/x" }),
    ],
    event: /^Normal PlacementUnplanned: .*no replica of the workloads that it talks to/,
  },
  {
    name: "telemetry is down",
    options: { flows: {} },
    pods: [gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2" })],
    event: /^Normal PlacementUnplanned: .*no flow has been read yet/,
  },
  {
    name: "planning fails",
    options: { runPlan: () => Promise.reject(new WeftError("solver-failed", "the thread ended")) },
    pods: [gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2" })],
    event: /^Warning PlacementUnplanned: .*no plan was made: the thread ended/,
  },
  {
    name: "it has a volume of some place",
    pods: [
      gatedPod("amf-0", { size: "2" }),
      gatedPod("smf-0", { size: "2", volumes: [{ name: "v", persistentVolumeClaim: {} }] }),
    ],
    event: /^Normal PlacementUnplanned: .*only kube-scheduler can see to: has a volume/,
  },
];

test.each(unplanned)("a pod goes without a node where $name", async ({ options, pods, event }) => {
  const of = await gateBench(options);
  await come(of, ...pods);
  const last = pods.at(-1);
  expect(nodesOf(of)).toMatchObject({ [last?.name ?? ""]: undefined });
  expect(of.view.pods.list().filter(({ schedulingGates }) => schedulingGates.length > 0)).toEqual([]);
  await of.clock.advanceAsync(100);
  expect(of.events()[last?.name ?? ""]).toMatch(event);
});

test("a pod goes without a node where a hard limit rejects the planned one", async () => {
  const narrow = [{ ...liveNode("a", { cpu: 1 }), linkBytesPerSecond: 1000 }];
  const of = await gateBench({
    liveNodes: narrow,
    pods: [livePod("nrf-0", { on: "elsewhere", cpu: 2 })],
    flows: { "amf>nrf": 5000 },
    config: { linkFilter: { isEnabled: true } },
  });
  await come(of, gatedPod("amf-0", { size: "1" }));
  expect(nodesOf(of)).toEqual({ "amf-0": undefined });
  expect(of.events()["amf-0"]).toMatch(/^Warning PlacementUnplanned: .*a hard limit rejects .*its link would carry/);
});

test("those with a place go first", async () => {
  const of = await gateBench({ config: { gates: { concurrency: 1 } } });
  await come(of, gatedPod("idle-0", { size: "3" }), gatedPod("smf-0", { size: "3" }), gatedPod("amf-0", { size: "3" }));
  expect(of.release.calls.map(({ pod }) => pod)).toEqual(["core/smf-0", "core/amf-0", "core/idle-0"]);
});

test("so many are let go at one time", async () => {
  const of = await gateBench({ config: { gates: { concurrency: 3 } } });
  let go = () => {};
  of.release.hold = new Promise((resolve) => (go = resolve));
  const names = ["0", "1", "2", "3", "4"].flatMap((suffix) => [`amf-${suffix}`, `smf-${suffix}`]);
  await come(of, ...names.map((name) => gatedPod(name, { size: "10", cpu: 0.1 })));
  expect(of.release.open).toBe(3);
  go();
  await of.clock.advanceAsync(20);
  expect(of.release.calls).toHaveLength(10);
});

test("a plan that takes too long holds nobody, and is not carried out when it comes", async () => {
  let finish = () => {};
  const run: RunPlan = (scenario, order) =>
    new Promise((resolve) => (finish = () => resolve(planHere(scenario, order))));
  const of = await gateBench({ runPlan: run });
  await come(of, gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2" }));
  await of.clock.advanceAsync(9900);
  expect(of.release.calls).toEqual([]);
  await of.clock.advanceAsync(200);
  expect(nodesOf(of)).toEqual({ "amf-0": undefined, "smf-0": undefined });
  expect(of.events()["amf-0"]).toBe("Warning PlacementUnplanned: let go without a node: no plan was made in time");
  finish();
  await of.clock.advanceAsync(20);
  expect(of.release.calls).toHaveLength(2);
});

test("a node that the API server does not take is left out", async () => {
  const of = await gateBench();
  of.release.failure = (_, target) => (target ? new WeftError("kubernetes-refused", "not this node") : undefined);
  await come(of, gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2" }));
  expect(of.view.pods.get("core/amf-0")?.schedulingGates).toEqual([]);
  expect(of.events()["amf-0"]).toBe(
    "Warning PlacementUnplanned: let go without a node: the API server did not take its node: not this node",
  );
});

test("a pod that cannot be let go is tried again, later and later, and planned anew", async () => {
  const of = await gateBench();
  of.release.failure = () => new WeftError("kubernetes-unavailable", "down");
  await come(of, gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2" }));
  expect(of.release.calls).toHaveLength(2);
  await of.clock.advanceAsync(900);
  expect(of.release.calls).toHaveLength(2);
  await of.clock.advanceAsync(200);
  expect(of.release.calls).toHaveLength(4);
  await of.clock.advanceAsync(1800);
  expect(of.release.calls).toHaveLength(4);
  of.release.failure = () => undefined;
  await of.clock.advanceAsync(300);
  expect(of.view.pods.get("core/amf-0")?.schedulingGates).toEqual([]);
  expect(nodesOf(of)["amf-0"]).toBe(nodesOf(of)["smf-0"]);
});

test("pods that are deleted meanwhile are left alone", async () => {
  let finish = () => {};
  const run: RunPlan = (scenario, order) =>
    new Promise((resolve) => (finish = () => resolve(planHere(scenario, order))));
  const of = await gateBench({ runPlan: run });
  await come(of, gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2" }));
  of.view.pods.delete("core/amf-0");
  finish();
  await of.clock.advanceAsync(20);
  expect(of.view.pods.get("core/amf-0")).toBeUndefined();
  expect(of.view.pods.get("core/smf-0")?.schedulingGates).toEqual([]);
  expect(Object.keys(of.events())).toEqual(["smf-0"]);
  expect(await of.metric('weft_scheduler_released_pods_total{outcome="planned"}')).toBe("1");
});

test("only the leader lets pods go, and a new leader those that it finds", async () => {
  const of = await gateBench({ isLeader: false });
  await come(of, gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2" }));
  await of.clock.advanceAsync(20_000);
  expect(of.release.calls).toEqual([]);
  of.leadership.set(true);
  await of.clock.advanceAsync(20);
  expect(Object.keys(nodesOf(of))).toEqual(["amf-0", "smf-0"]);
});

test("who loses the lead while planning writes nothing", async () => {
  let finish = () => {};
  const run: RunPlan = (scenario, order) =>
    new Promise((resolve) => (finish = () => resolve(planHere(scenario, order))));
  const of = await gateBench({ runPlan: run });
  await come(of, gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2" }));
  of.leadership.set(false);
  finish();
  await of.clock.advanceAsync(20_000);
  expect(of.release.calls).toEqual([]);
});

test("the extender goes by the plan of a pod that was let go", async () => {
  const of = await gateBench();
  await come(of, gatedPod("amf-0", { size: "2" }), gatedPod("smf-0", { size: "2" }));
  const node = nodesOf(of)["amf-0"] ?? "";
  const { askedPod } = await import("../../test/builders/asked-pod.ts");
  const scores = await of.scores(askedPod(present(of.view.pods.get("core/amf-0"))));
  expect(scores[node]).toBe(10);
});

test("pods without the gate, and gates of others, are no business of Weft's", async () => {
  const of = await gateBench();
  await come(
    of,
    gatedPod("amf-0", { schedulingGates: [{ name: "example.com/quota" }] }),
    gatedPod("smf-0", { schedulingGates: [] }),
  );
  await of.clock.advanceAsync(20_000);
  expect(of.release.calls).toEqual([]);
});
