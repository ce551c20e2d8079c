import { afterEach, expect, test } from "vitest";
import { clusterNodeOf } from "../core/model/cluster-node.ts";
import type { Pod } from "../core/model/pod.ts";
import { chain, meshPod, meshService, serviceFunction } from "../test/builders/mesh-cluster.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

const saying = (name: string, node: string, talksTo: string): Pod =>
  meshPod(name, node, "", { annotations: { "weft.dev/talks-to": talksTo } });

function annotated(app: string, talksTo: string) {
  const pod = pendingPod(app);
  return { ...pod, metadata: { ...pod.metadata, annotations: { "weft.dev/talks-to": talksTo } } };
}

async function explained(of: SchedulerBench, app: string) {
  const { json } = await of.get(`/v1/explain/core/${app}-x`);
  return json.prioritize as Record<string, unknown>;
}

test("before anything is measured a pod goes to those whom it says it will talk to", async () => {
  bench = await schedulerBench({ pods: [meshPod("udm-0", "c"), meshPod("nrf-0", "a")] });
  expect(await bench.scores(annotated("amf", "udm=200k, nrf=1k"))).toMatchObject({ a: 0, c: 10 });
  expect(await explained(bench, "amf")).toMatchObject({
    flows: [
      { peer: "core/udm", bytesPerSecond: 200_000, origin: "annotation" },
      { peer: "core/nrf", bytesPerSecond: 1000, origin: "annotation" },
    ],
    remarks: [],
  });
});

test("those who are talked to go to those who say so", async () => {
  bench = await schedulerBench({ pods: [saying("amf-0", "c", "udm=200k")] });
  expect(await bench.scores(pendingPod("udm"))).toEqual({ a: 0, b: 0, c: 10 });
});

test("a Service stands for the workloads behind it, in equal parts", async () => {
  bench = await schedulerBench({ pods: [meshPod("one-0", "a", "", { labels: { app: "db" } }), meshPod("two-0", "c", "", { labels: { app: "db" } })] }); // biome-ignore format: pods
  bench.view.services.put(meshService("db"));
  await bench.scores(annotated("amf", "db=10k"));
  expect(await explained(bench, "amf")).toMatchObject({
    flows: [
      { peer: "core/one", bytesPerSecond: 5000 },
      { peer: "core/two", bytesPerSecond: 5000 },
    ],
  });
});

test("what is wrong in an annotation is told, and the rest of it counts", async () => {
  bench = await schedulerBench({ pods: [meshPod("udm-0", "c")] });
  expect(await bench.scores(annotated("amf", "udm, nrf=fast, ghost"))).toMatchObject({ a: 0, c: 10 });
  const { remarks } = await explained(bench, "amf");
  expect(remarks).toEqual([
    expect.stringMatching(/^weft.dev\/talks-to: "nrf=fast": .*not a quantity/),
    "weft.dev/talks-to: ghost.core is no workload or Service with pods yet",
  ]);
});

test("an annotation of which nothing can be read leaves all nodes the same, and says why", async () => {
  bench = await schedulerBench({ pods: [meshPod("udm-0", "c")] });
  expect(await bench.scores(annotated("amf", "udm=lots"))).toEqual({ a: 0, b: 0, c: 0 });
  expect(await explained(bench, "amf")).toMatchObject({
    neutral: { reason: "telemetry-missing" },
    remarks: [expect.stringMatching(/udm=lots/)],
  });
});

test("a chain's declared demand is expected between neighbouring functions, scaled by those passed", async () => {
  bench = await schedulerBench({ pods: [meshPod("ue-0", "a"), meshPod("nat-0", "c"), meshPod("dn-0", "a")] });
  bench.view.services.put(meshService("dn"));
  bench.view.serviceFunctions.put(serviceFunction("fw", { scaling: 0.5 }));
  bench.view.serviceFunctions.put(serviceFunction("nat"));
  bench.view.pods.put(meshPod("fw-x", "", "", { node: undefined }));
  bench.view.serviceFunctionChains.put(chain("n6", ["fw", "nat"], { demandBytesPerSecond: 1000 }));
  await bench.scores(pendingPod("fw"));
  expect(await explained(bench, "fw")).toMatchObject({
    flows: [
      { peer: "core/ue", receivedBytesPerSecond: 1000, origin: "chain" },
      { peer: "core/nat", sentBytesPerSecond: 500, origin: "chain" },
    ],
  });
});

test("a chain that cannot be followed everywhere is followed where it can, and the gap is told", async () => {
  bench = await schedulerBench({ pods: [meshPod("ue-0", "c")] });
  bench.view.serviceFunctions.put(serviceFunction("fw"));
  bench.view.pods.put(meshPod("fw-x", "", "", { node: undefined }));
  bench.view.serviceFunctionChains.put(chain("n6", ["fw"], { demandBytesPerSecond: 1000 }));
  expect(await bench.scores(pendingPod("fw"))).toMatchObject({ a: 0, c: 10 });
  expect(await explained(bench, "fw")).toMatchObject({ remarks: ["chain core/n6: Service dn has no pods yet"] });
});

test("an annotation is believed before a chain that speaks of the same two", async () => {
  bench = await schedulerBench({ pods: [saying("ue-0", "a", "dn=7k"), meshPod("dn-0", "c")] });
  bench.view.services.put(meshService("dn"));
  bench.view.serviceFunctions.put(serviceFunction("fw"));
  bench.view.serviceFunctionChains.put(chain("n6", [], { demandBytesPerSecond: 9000 }));
  await bench.scores(pendingPod("ue"));
  expect(await explained(bench, "ue")).toMatchObject({
    flows: [{ peer: "core/dn", bytesPerSecond: 7000, origin: "annotation" }],
  });
});

test("whatever is measured of a workload counts, and what was said of it does not any more", async () => {
  bench = await schedulerBench({ pods: [meshPod("udm-0", "c"), meshPod("nrf-0", "a")] });
  await bench.learn({ "amf>nrf": 1000 });
  expect(await bench.scores(annotated("amf", "udm=1G"))).toMatchObject({ a: 10, c: 0 });
  expect(await explained(bench, "amf")).toMatchObject({ flows: [{ peer: "core/nrf", origin: "measured" }] });
});

test("what is measured long ago counts no more, and what is said does", async () => {
  bench = await schedulerBench({ pods: [meshPod("udm-0", "c"), meshPod("nrf-0", "a")], flows: { "amf>nrf": 1000 } });
  bench.clock.advance(300_001);
  expect(await bench.scores(annotated("amf", "udm=1k"))).toMatchObject({ a: 0, c: 10 });
});

test("what is expected rules no node out, and the same measured does", async () => {
  bench = await schedulerBench({ pods: [meshPod("udm-0", "c")], config: { linkFilter: { isEnabled: true } } });
  const annotations = { "weft.dev/link-bandwidth": "1000" };
  bench.view.nodes.put(clusterNodeOf({ metadata: { name: "a", annotations } }));
  const left = async () => {
    const { json } = await (bench as SchedulerBench).ask("filter", {
      Pod: annotated("amf", "udm=1G"),
      NodeNames: ["a", "c"],
    });
    return (json as { NodeNames: readonly string[] }).NodeNames;
  };
  expect(await left()).toEqual(["a", "c"]);
  await bench.learn({ "amf>udm": 1e9 });
  expect(await left()).toEqual(["c"]);
});

test("an annotation that changes, or a Service that comes, counts at once", async () => {
  bench = await schedulerBench({ pods: [saying("amf-0", "c", "udm=1k")] });
  expect(await bench.scores(pendingPod("udm"))).toMatchObject({ c: 10 });
  bench.view.pods.put(saying("amf-0", "c", "front=1k"));
  expect(await bench.scores(pendingPod("udm", "y"))).toMatchObject({ c: 0 });
  bench.view.pods.put(meshPod("udm-z", "", "", { node: undefined }));
  bench.view.services.put({ ...meshService("front"), selector: { app: "udm" } });
  expect(await bench.scores(pendingPod("udm", "z"))).toMatchObject({ c: 10 });
});
