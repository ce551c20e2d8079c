/** Plans through the extender: pods that are pending together, and what kube-scheduler is answered then. */
import { afterEach, expect, test } from "vitest";
import type { Pod } from "../../core/model/pod.ts";
import { podKey } from "../../core/model/pod.ts";
import { askedPod } from "../../test/builders/asked-pod.ts";
import { liveNode, livePod } from "../../test/builders/live-cluster.ts";
import {
  type SchedulerBench,
  type SchedulerBenchOptions,
  schedulerBench,
} from "../../test/builders/scheduler-bench.ts";
import { planHere, type RunPlan } from "./plan-runner.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

/** Two cores each: a chatty pair fits on one node, and only there. */
const liveNodes = ["a", "b", "c"].map((name) => liveNode(name, { cpu: 2 }));
const flows = { "amf>smf": 1000, "udm>udr": 1000, "amf>udm": 1 };
const group = ["amf-0", "udm-0", "smf-0", "udr-0"].map((name) => livePod(name));
const [amf, udm, smf, udr] = group as [Pod, Pod, Pod, Pod];

/** As it is answered without a plan for a pod whose peers stand nowhere. */
const anchored = { a: 2, b: 0, c: 0 };

async function benchOf(options: SchedulerBenchOptions = {}): Promise<SchedulerBench> {
  bench = await schedulerBench({ liveNodes, flows, runPlan: planHere, ...options });
  return bench;
}

/** They come at one time, and nobody else does. */
async function pending(of: SchedulerBench, ...pods: readonly Pod[]): Promise<void> {
  for (const pod of pods) of.view.pods.put(pod);
  await of.clock.advanceAsync(0);
  await of.clock.advanceAsync(200);
}

async function planned(of: SchedulerBench, pod: Pod): Promise<string | undefined> {
  const scores = await of.scores(askedPod(pod));
  const others = Object.values(scores).filter((score) => score < 10);
  if (others.some((score) => score > 2)) return undefined;
  return Object.keys(scores).find((node) => scores[node] === 10);
}

test("pods that are pending together are planned together, before any of them stands anywhere", async () => {
  const of = await benchOf();
  await pending(of, ...group);
  const nodes = {
    amf: await planned(of, amf),
    udm: await planned(of, udm),
    smf: await planned(of, smf),
    udr: await planned(of, udr),
  };
  expect(nodes.amf).toBeDefined();
  expect(nodes).toEqual({ amf: nodes.amf, smf: nodes.amf, udm: nodes.udr, udr: nodes.udr });
  expect(nodes.udm).not.toBe(nodes.amf);
  expect(await of.metric('weft_scheduler_group_plans_total{way="extender",outcome="planned"}')).toBe("1");
  expect(await of.metric('weft_scheduler_planned_pods_total{way="extender"}')).toBe("4");
});

test("one at a time they may part: the first of a pair has no reason to leave room for the second", async () => {
  const of = await benchOf({ config: { groupPlan: { isEnabled: false } } });
  await pending(of, ...group);
  expect(await of.scores(askedPod(amf))).toEqual(anchored);
});

test("until the plan is there answers are as before", async () => {
  let finish = () => {};
  const slow: RunPlan = (scenario, order) =>
    new Promise((resolve) => (finish = () => resolve(planHere(scenario, order))));
  const of = await benchOf({ runPlan: slow });
  await pending(of, amf, smf);
  expect(await of.scores(askedPod(amf))).toEqual(anchored);
  finish();
  await of.clock.advanceAsync(0);
  expect(await planned(of, smf)).toBeDefined();
});

test("newcomers are planned with those that talk with them, and leave the plan of others alone", async () => {
  const orders: (readonly string[])[] = [];
  const noting: RunPlan = (scenario, order) => {
    const pendingIn = ({ replicas, initial }: (typeof scenario.services)[number]) =>
      replicas > [...initial.values()].reduce((sum, count) => sum + count, 0);
    orders.push(scenario.services.filter(pendingIn).map(({ name }) => name));
    return planHere(scenario, order);
  };
  const of = await benchOf({ runPlan: noting, flows: { "amf>smf": 1000, "udm>udr": 1000 } });
  await pending(of, amf, smf);
  await pending(of, udm, udr);
  await pending(of, livePod("amf-1"));
  expect(orders).toEqual([
    ["core/amf", "core/smf"],
    ["core/udm", "core/udr"],
    ["core/amf", "core/smf"],
  ]);
});

test("pods that came before those they talk with are planned when these come", async () => {
  const of = await benchOf({ flows: { "amf>smf": 1000, "udm>udr": 1000 } });
  await pending(of, amf, udr);
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("0");
  await pending(of, smf);
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("2");
  await pending(of, udm);
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("4");
});

test("after a plan six times as long passes before the next begins", async () => {
  const startsMs: number[] = [];
  const of: SchedulerBench = await benchOf({
    runPlan: (scenario, order) => {
      startsMs.push(of.clock.nowMs());
      return new Promise((resolve) => of.clock.after(100, () => resolve(planHere(scenario, order))));
    },
  });
  await pending(of, amf, smf);
  for (let came = 0; came < 20; came++) await pending(of, livePod(`udm-${came + 1}`));
  const [first = 0, second = 0] = startsMs;
  expect(second - first).toBeGreaterThanOrEqual(700);
});

test("a pod alone has no plan", async () => {
  const of = await benchOf();
  await pending(of, amf);
  expect(await of.scores(askedPod(amf))).toEqual(anchored);
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("0");
});

test("pods behind a gate are no part of the group", async () => {
  const of = await benchOf();
  await pending(of, amf, { ...smf, schedulingGates: ["example.com/quota"] });
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("0");
});

test("what stands and what was just answered for is planned around", async () => {
  const of = await benchOf({ pods: [livePod("amf-9", { on: "b" })] });
  await pending(of, smf, udm, udr);
  expect(await planned(of, smf)).toBe("b");
  of.view.pods.put(livePod("nobody-0"));
  of.view.pods.put(livePod("amf-1"));
  await of.clock.advanceAsync(200);
  // Node b is full: with what stands, and with the SMF that is assumed there.
  expect(await planned(of, livePod("amf-1"))).not.toBe("b");
});

test("those who talk to nobody are placed as ever, and take no part", async () => {
  const of = await benchOf();
  const idle = livePod("idle-0");
  await pending(of, amf, smf, idle);
  expect(await of.scores(askedPod(idle))).toEqual({ a: 0, b: 0, c: 0 });
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("2");
});

test("a flow that is only expected is planned by, too", async () => {
  const annotations = { "weft.dev/talks-to": "smf=1M" };
  const of = await benchOf({ flows: {} });
  await pending(of, livePod("amf-0", { annotations }), smf);
  expect(await planned(of, amf)).toBe(await planned(of, smf));
});

test("without any traffic there is no plan, and the metric says why", async () => {
  const of = await benchOf({ flows: {} });
  await pending(of, amf, smf);
  expect(await of.metric('weft_scheduler_group_plans_total{way="extender",outcome="telemetry-missing"}')).toBe("1");
});

test("a replica for which no room is left waits for kube-scheduler, the others are planned", async () => {
  const of = await benchOf({ liveNodes: [liveNode("a", { cpu: 2 }), liveNode("b", { cpu: 1 })] });
  await pending(of, amf, smf, ...["1", "2", "3"].map((suffix) => livePod(`smf-${suffix}`)));
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("3");
});

test("a plan that fails leaves everything as it was", async () => {
  const of = await benchOf({ runPlan: () => Promise.reject(new Error("out of memory")) });
  await pending(of, amf, smf);
  expect(await of.scores(askedPod(amf))).toEqual(anchored);
  expect(await of.metric('weft_scheduler_group_plans_total{way="extender",outcome="planning-failed"}')).toBe("1");
});

test("equal data give equal plans, in whatever order a replica hears of it", async () => {
  const answers: unknown[] = [];
  for (const order of [group, group.toReversed()]) {
    const of = await benchOf({ liveNodes: order === group ? liveNodes : liveNodes.toReversed() });
    await pending(of, ...order);
    answers.push(await Promise.all(group.map((pod) => planned(of, pod))));
    await of.stop();
  }
  expect(answers[0]).toEqual(answers[1]);
});

test("more pods than one plan may have are planned one part after another", async () => {
  const of = await benchOf({ config: { groupPlan: { podsMax: 2 } } });
  await pending(of, ...group);
  await of.clock.advanceAsync(1000);
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("4");
});

test("pods that keep coming are planned before the last has come", async () => {
  const of = await benchOf({ config: { groupPlan: { waitMsMax: 300 } } });
  for (let time = 0; time < 8; time++) {
    of.view.pods.put(livePod(`amf-${time}`, { cpu: 0.1 }));
    of.view.pods.put(livePod(`smf-${time}`, { cpu: 0.1 }));
    await of.clock.advanceAsync(50);
  }
  expect(Number(await of.metric('weft_scheduler_group_plans_total{way="extender",outcome="planned"}'))).toBeGreaterThan(
    0,
  );
});

test("a pod that lands as planned is counted, and its partner keeps its plan", async () => {
  const of = await benchOf();
  await pending(of, ...group);
  const node = (await planned(of, amf)) ?? "";
  of.view.pods.put({ ...amf, node });
  await of.clock.advanceAsync(200);
  expect(await of.metric('weft_scheduler_planned_pods_landed_total{outcome="as-planned"}')).toBe("1");
  expect(await planned(of, smf)).toBe(node);
});

test("a pod that lands elsewhere has its partner planned anew", async () => {
  const of = await benchOf();
  await pending(of, ...group);
  const [node, other] = [await planned(of, smf), await planned(of, udm)];
  const third = ["a", "b", "c"].find((each) => each !== node && each !== other) ?? "";
  of.scheduler.graph; // the partner was answered for a moment ago; asking again forgets that
  await of.ask("filter", { Pod: askedPod(smf), NodeNames: ["a", "b", "c"] });
  await of.ask("filter", { Pod: askedPod(udm), NodeNames: ["a", "b", "c"] });
  of.view.pods.put({ ...amf, node: third });
  await of.clock.advanceAsync(400);
  expect(await of.metric('weft_scheduler_planned_pods_landed_total{outcome="elsewhere"}')).toBe("1");
  expect(await planned(of, smf)).toBe(third);
});

test("pods that have gone are forgotten", async () => {
  const of = await benchOf();
  await pending(of, ...group);
  for (const pod of group) of.view.pods.delete(podKey(pod));
  await of.clock.advanceAsync(200);
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("0");
});

test("another pod of the same name has no plan", async () => {
  const of = await benchOf();
  await pending(of, ...group);
  expect(await of.scores(askedPod({ ...amf, uid: "another" }))).toEqual(anchored);
});

test("the published greedy score stays without plans", async () => {
  const of = await benchOf({ config: { plugin: "netmarks" } });
  await pending(of, ...group);
  expect(await of.metric("weft_scheduler_planned_pods_waiting")).toBe("0");
});
