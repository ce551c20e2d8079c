import { afterEach, expect, test } from "vitest";
import { clusterNodeOf } from "../core/model/cluster-node.ts";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

const enabled = { linkFilter: { isEnabled: true } };

/** Node b has a link of 1000 bytes/s; nrf on a is all that amf talks to, at 5000 bytes/s. */
async function narrowLink(config: object, rate = 5000): Promise<SchedulerBench> {
  bench = await schedulerBench({ pods: [meshPod("nrf-0", "a")], flows: { "amf>nrf": rate }, config: { ...config } });
  const annotations = { "weft.dev/link-bandwidth": "8k" };
  bench.view.nodes.put(clusterNodeOf({ metadata: { name: "b", annotations } }));
  await Promise.resolve();
  return bench;
}

const filter = (of: SchedulerBench, NodeNames: string[]) => of.ask("filter", { Pod: pendingPod("amf"), NodeNames });

test("by default every node passes, whatever its link", async () => {
  const { json } = await filter(await narrowLink({}), ["a", "b", "c"]);
  expect(json).toMatchObject({ NodeNames: ["a", "b", "c"], FailedNodes: {} });
});

test("with the filter on a node whose link would be overloaded fails with the reason", async () => {
  const of = await narrowLink(enabled);
  const reason = "its link would carry 5000 of 1000 bytes/s outwards";
  expect((await filter(of, ["a", "b", "c"])).json).toMatchObject({ NodeNames: ["a", "c"], FailedNodes: { b: reason } });
  expect(await of.metric(`weft_scheduler_rejected_nodes_total{by="link"}`)).toBe("1");
  expect((await of.get("/v1/explain/core/amf-x")).json).toMatchObject({
    filter: { nodesTotal: 3, rejected: { b: reason } },
  });
});

test("where no node fits the answer is an empty list, never null", async () => {
  expect((await filter(await narrowLink(enabled), ["b"])).json).toMatchObject({ NodeNames: [] });
});

test("what already crosses the link counts", async () => {
  const of = await narrowLink(enabled, 600);
  expect((await filter(of, ["b"])).json).toMatchObject({ NodeNames: ["b"] });
  of.view.pods.put(meshPod("udm-0", "b"));
  await of.learn({ "amf>nrf": 600, "udm>nrf": 600 });
  expect((await filter(of, ["b"])).json).toMatchObject({ NodeNames: [] });
});

test("pods that were answered for a moment ago count", async () => {
  const of = await narrowLink(enabled, 600);
  await of.learn({ "amf>nrf": 600, "udm>nrf": 600 });
  await of.ask("filter", { Pod: pendingPod("udm"), NodeNames: ["b"] });
  expect((await filter(of, ["b"])).json).toMatchObject({ NodeNames: [] });
});

test("with stale telemetry nothing is filtered", async () => {
  const of = await narrowLink(enabled);
  of.clock.advance(300_001);
  expect((await filter(of, ["b"])).json).toMatchObject({ NodeNames: ["b"] });
});

test("preemption is not proposed on a node whose link could not carry the pod even alone", async () => {
  const of = await narrowLink(enabled);
  const victims = { Pods: [{ UID: "v" }], NumPDBViolations: 0 };
  const { json } = await of.ask("preempt", {
    Pod: pendingPod("amf"),
    NodeNameToMetaVictims: { a: victims, b: victims },
  });
  expect(json).toEqual({ NodeNameToMetaVictims: { a: victims } });
});
