/** Burst blindness: pods that were answered for are not in the API until they are bound, and yet the next one must know of them. */
import { afterEach, expect, test } from "vitest";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import {
  pendingPod,
  type SchedulerBench,
  type SchedulerBenchOptions,
  schedulerBench,
} from "../test/builders/scheduler-bench.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

const nodes = { a: "1", b: "1", c: "1" };
const spreadPeers = [meshPod("nrf-0", "a"), meshPod("nrf-1", "b"), meshPod("nrf-2", "c")];

async function burstBench(options: SchedulerBenchOptions = {}): Promise<SchedulerBench> {
  bench = await schedulerBench({ nodes, pods: spreadPeers, flows: { "amf>nrf": 1000 }, ...options });
  return bench;
}

async function bestOf(of: SchedulerBench, suffix: string): Promise<string[]> {
  const scores = await of.scores(pendingPod("amf", suffix));
  return Object.keys(scores).filter((node) => scores[node] === 10);
}

test("replicas that come in a burst spread over their peers' nodes as if each were bound", async () => {
  const { view, ...rest } = await burstBench();
  view.pods.put(meshPod("amf-0", "a"));
  await Promise.resolve();
  const of = { view, ...rest };
  expect(await bestOf(of, "1")).toEqual(["b", "c"]);
  const { json } = await of.get("/v1/explain/core/amf-1");
  const { assumedNode } = json.prioritize as { assumedNode: string };
  expect(["b", "c"]).toContain(assumedNode);
  expect(await bestOf(of, "2")).toEqual([assumedNode === "b" ? "c" : "b"]);
  expect(await of.metric("weft_scheduler_assumed_pods")).toBe("2");
});

test("a peer that was just answered for draws its talking partner", async () => {
  const of = await burstBench({ pods: [meshPod("udm-0", "b")], flows: { "nrf>udm": 1000, "amf>nrf": 1000 } });
  expect(await of.scores(pendingPod("nrf"))).toMatchObject({ a: 0, b: 10 });
  expect(await of.scores(pendingPod("amf"))).toMatchObject({ a: 0, b: 10 });
});

test("a pod that is asked about again is not its own neighbour", async () => {
  const of = await burstBench({
    config: { plugin: "netmarks" },
    flows: { "amf>amf": 1000, "amf>nrf": 1 },
    pods: [meshPod("nrf-0", "c")],
  });
  for (let time = 0; time < 2; time++) expect(await of.scores(pendingPod("amf"))).toMatchObject({ a: 0, b: 0, c: 10 });
  expect(await of.metric("weft_scheduler_assumed_pods")).toBe("1");
});

test("an assumed pod that is never bound is forgotten after its time", async () => {
  const of = await burstBench({ config: { assumedTtlMs: 1000 } });
  of.view.pods.put(meshPod("amf-0", "a"));
  await bestOf(of, "1");
  of.clock.advance(1000);
  expect(await bestOf(of, "2")).toEqual(["b", "c"]);
});

test("what the view shows takes the place of what was assumed", async () => {
  const of = await burstBench();
  of.view.pods.put(meshPod("amf-0", "a"));
  await bestOf(of, "1");
  of.view.pods.put(meshPod("amf-1", "c"));
  await Promise.resolve();
  expect(await bestOf(of, "2")).toEqual(["b"]);
  expect(await of.metric("weft_scheduler_assumed_pods")).toBe("1");
});

test("the bind verb says where the pod really goes", async () => {
  const bound: unknown[] = [];
  const of = await burstBench({ bindPod: async (binding) => void bound.push(binding) });
  of.view.pods.put(meshPod("amf-0", "a"));
  expect(await bestOf(of, "1")).toEqual(["b", "c"]);
  const binding = { PodName: "amf-1", PodNamespace: "core", PodUID: "amf-1", Node: "c" };
  expect(await of.ask("bind", binding)).toMatchObject({ status: 200, body: '{"Error":""}' });
  expect(bound).toEqual([{ namespace: "core", name: "amf-1", uid: "amf-1", node: "c" }]);
  expect(await bestOf(of, "2")).toEqual(["b"]);
});

test("a pod whose binding failed stands nowhere, and the error is told", async () => {
  const of = await burstBench({ bindPod: () => Promise.reject(new Error("pod is gone")) });
  await bestOf(of, "1");
  const binding = { PodName: "amf-1", PodNamespace: "core", PodUID: "amf-1", Node: "c" };
  expect((await of.ask("bind", binding)).body).toBe('{"Error":"pod is gone"}');
  expect(await of.metric("weft_scheduler_assumed_pods")).toBe("0");
  expect((await of.get("/v1/explain/core/amf-1")).json).toMatchObject({ bind: { node: "c", error: "pod is gone" } });
});

test("without a way to bind the bind verb says so", async () => {
  const of = await burstBench();
  const { json } = await of.ask("bind", { PodName: "p", PodNamespace: "core", PodUID: "1", Node: "a" });
  expect(json).toEqual({ Error: "this extender does not bind: leave bindVerb empty" });
});

test("a pod that is filtered down to one node is assumed there, since no scores will be asked for", async () => {
  const of = await burstBench();
  of.view.pods.put(meshPod("amf-0", "a"));
  await of.ask("filter", { Pod: pendingPod("amf", "1"), NodeNames: ["b"] });
  expect(await bestOf(of, "2")).toEqual(["c"]);
});
