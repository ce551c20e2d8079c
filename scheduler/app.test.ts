import { afterEach, describe, expect, test } from "vitest";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import { counters, pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

const pods = [meshPod("nrf-0", "a"), meshPod("ausf-0", "a"), meshPod("ausf-1", "b"), meshPod("ausf-2", "b")];
const flows = { "amf>nrf": 400, "amf>ausf": 900 };

async function newBench(config: object = {}): Promise<SchedulerBench> {
  bench = await schedulerBench({ pods, flows, config: { ...config } });
  return bench;
}

describe("a malformed request is refused with field and reason", () => {
  const pod = { metadata: { name: "p" } };
  const cases = [
    { verb: "filter", name: "no body", body: undefined, field: "body" },
    { verb: "filter", name: "a list", body: [], field: "body" },
    { verb: "prioritize", name: "no pod", body: { NodeNames: [] }, field: "Pod" },
    { verb: "prioritize", name: "a pod without a name", body: { Pod: { metadata: {} }, NodeNames: [] }, field: "Pod.metadata.name" },
    { verb: "prioritize", name: "an empty pod name", body: { Pod: { metadata: { name: "" } }, NodeNames: [] }, field: "Pod.metadata.name" },
    { verb: "prioritize", name: "labels that are no texts", body: { Pod: { metadata: { name: "p", labels: { a: 1 } } } }, field: "Pod.metadata.labels.a" },
    { verb: "filter", name: "neither names nor nodes", body: { Pod: pod }, field: "NodeNames" },
    { verb: "filter", name: "a node name that is a number", body: { Pod: pod, NodeNames: ["a", 5] }, field: "NodeNames[1]" },
    { verb: "filter", name: "a node without a name", body: { Pod: pod, Nodes: { items: [{ metadata: {} }] } }, field: "Nodes.items[0].metadata.name" },
    { verb: "bind", name: "no node", body: { PodName: "p", PodNamespace: "core", PodUID: "1" }, field: "Node" },
    { verb: "preempt", name: "victims that are a list", body: { Pod: pod, NodeNameToMetaVictims: [] }, field: "NodeNameToMetaVictims" },
    { verb: "preempt", name: "a victim without a UID", body: { Pod: pod, NodeNameToMetaVictims: { a: { Pods: [{}] } } }, field: "NodeNameToMetaVictims.a.Pods[0]" },
  ]; // biome-ignore format: a line a case

  test.each(cases)("$verb: $name", async ({ verb, body, field }) => {
    const of = await newBench();
    const answer = await of.ask(verb, body);
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "request-invalid", field } } });
    expect(await of.scores(pendingPod("amf"))).toMatchObject({ a: 10 });
  });

  test("a body that is not JSON", async () => {
    const { app } = await newBench();
    const headers = { "content-type": "application/json" };
    const answer = await app.inject({ method: "POST", url: "/filter", headers, payload: '{"Pod":' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: { field: "body" } });
  });

  test("a body over the limit", async () => {
    const of = await newBench({ bodyBytesMax: 1024 });
    const NodeNames = Array.from({ length: 500 }, (_, index) => `node-${index}`);
    expect(await of.ask("prioritize", { Pod: pendingPod("amf"), NodeNames })).toMatchObject({ status: 413 });
  });

  test("refusals are counted by verb", async () => {
    const of = await newBench();
    await of.ask("filter", {});
    expect(await of.metric('weft_scheduler_bad_requests_total{verb="filter"}')).toBe("1");
  });
});

test("the plugin is a matter of configuration", async () => {
  const names = ["a", "b", "c"];
  expect(await (await newBench({ plugin: "netmarks" })).scores(pendingPod("amf"), names)).toEqual({
    a: 10,
    b: 8,
    c: 0,
  });
  await bench?.stop();
  expect(await (await newBench({ plugin: "locality" })).scores(pendingPod("amf"), names)).toEqual({
    a: 10,
    b: 9,
    c: 0,
  });
});

test("nodes that score 0 can be left out, which to kube-scheduler is the same", async () => {
  const of = await newBench({ plugin: "netmarks", zeroScores: "left-out" });
  expect(await of.scores(pendingPod("amf"), ["a", "b", "c"])).toEqual({ a: 10, b: 8 });
  expect(await of.scores(pendingPod("amf"), ["c", "b"])).toEqual({ b: 10 });
  expect(await of.scores(pendingPod("nobody"), ["a", "b", "c"])).toEqual({});
});

test("nodes that nobody knows get a score too", async () => {
  expect(await (await newBench()).scores(pendingPod("amf"), ["ghost", "a"])).toEqual({ ghost: 0, a: 10 });
});

test("node names come back as they are, whatever characters they have", async () => {
  const strange = 'quote" and \\ and é';
  expect(await (await newBench()).scores(pendingPod("amf"), [strange, "a"])).toEqual({ [strange]: 0, a: 10 });
});

test("an explanation has every flow, and for every node its neighbours and where the traffic would go", async () => {
  const of = await newBench();
  await of.scores(pendingPod("amf"));
  of.clock.advance(500);
  const { json } = await of.get("/v1/explain/core/amf-x");
  expect(json).toMatchObject({
    pod: { workload: "core/amf" },
    plugin: "locality",
    prioritize: {
      ageMs: 500,
      telemetryAgeMs: 0,
      assumedNode: "a",
      flows: [
        { peer: "core/ausf", bytesPerSecond: 900, replicas: 3, replicasByNode: { a: 1, b: 2 } },
        { peer: "core/nrf", bytesPerSecond: 400, replicas: 1 },
      ],
      nodesTotal: 3,
    },
  });
  const { nodes } = json.prioritize as { nodes: Record<string, unknown>[] };
  expect(nodes.map(({ node, score }) => [node, score])).toEqual([["a", 10], ["b", 9], ["c", 0]]); // biome-ignore format: pairs
  expect(nodes[0]).toMatchObject({
    cost: expect.closeTo(1200, 6),
    bytesPerSecondByLocality: { node: expect.closeTo(700, 6), rack: 0, zone: expect.closeTo(600, 6), region: 0, other: 0 },
    neighbours: [{ workload: "core/ausf", replicas: 1 }, { workload: "core/nrf", replicas: 1 }],
  }); // biome-ignore format: neighbours on a line
});

test("explanations are cut where they are told to be, and say how much there is", async () => {
  const of = await newBench();
  await of.scores(pendingPod("amf"));
  const { json } = await of.get("/v1/explain/core/amf-x?nodesMax=1&flowsMax=1");
  expect(json.prioritize).toMatchObject({ nodesTotal: 3, flowsTotal: 2 });
  const { nodes, flows: shown } = json.prioritize as Record<string, unknown[]>;
  expect([nodes?.length, shown?.length]).toEqual([1, 1]);
});

test("an explanation of thousands of nodes holds no request up", async () => {
  const of = await newBench();
  const names = Array.from({ length: 5000 }, (_, index) => `ghost-${index}`);
  await of.scores(pendingPod("amf"), ["a", ...names]);
  const ended: string[] = [];
  await Promise.all([
    of.get("/v1/explain/core/amf-x?nodesMax=5001").then(() => ended.push("explain")),
    of.scores(pendingPod("amf", "y"), ["a", "b"]).then(() => ended.push("prioritize")),
  ]);
  expect(ended).toEqual(["prioritize", "explain"]);
});

test("a limit that is no number is refused", async () => {
  const { status, json } = await (await newBench()).get("/v1/explain/core/amf-x?nodesMax=many");
  expect([status, json]).toMatchObject([400, { error: { field: "nodesMax" } }]);
});

test("only the latest decisions can be explained", async () => {
  const of = await newBench({ decisionsMax: 2 });
  for (const suffix of ["1", "2", "3"]) await of.scores(pendingPod("amf", suffix));
  expect((await of.get("/v1/explain/core/amf-1")).status).toBe(404);
  expect((await of.get("/v1/explain/core/amf-3")).status).toBe(200);
});

test("learned flows are listed largest first, with their age", async () => {
  const of = await newBench();
  of.clock.advance(2000);
  const { json } = await of.get("/v1/flows");
  expect(json).toMatchObject({ source: "scripted", ageMs: 2000, isStale: false, flowsTotal: 2, chains: [] });
  expect(json.flows).toMatchObject([
    { destination: { namespace: "core", workload: "ausf" }, requestBytesPerSecond: 900, ageMs: 2000 },
    { destination: { workload: "nrf" } },
  ]);
});

test("the demand of chains is listed with the flows", async () => {
  const of = await newBench();
  const hop = { chain: "core/n6", spi: 7, hop: 1 };
  for (const seconds of [0, 10]) {
    of.clock.advance(10_000);
    const onChain = counters({ "upf>fw": 3000 }, seconds).map((counter) => ({ ...counter, hop }));
    of.scheduler.graph.observe({ atMs: of.clock.nowMs(), counters: onChain });
  }
  expect((await of.get("/v1/flows")).json.chains).toMatchObject([
    { chain: "core/n6", requestBytesPerSecond: 3000, hops: [{ spi: 7, hop: 1, requestBytesPerSecond: 3000 }] },
  ]);
});

test("without telemetry the list of flows says that it knows nothing", async () => {
  bench = await schedulerBench();
  expect((await bench.get("/v1/flows")).json).toMatchObject({ ageMs: null, isStale: true, flows: [], chains: [] });
});

test("after its first reading the list of flows says that its zeros are none", async () => {
  bench = await schedulerBench();
  const { graph } = bench.scheduler;
  for (const [seconds, isStale] of [true, false].entries()) {
    graph.observe({ atMs: bench.clock.nowMs() + seconds, counters: counters({ "upf>fw": 3000 }, seconds) });
    expect((await bench.get("/v1/flows")).json).toMatchObject({ flowsTotal: 1, isStale });
  }
});

test("how paths fared and how far nodes are from each other is listed, with the age of what is known", async () => {
  const of = await newBench();
  const classifier = { chain: "n6", spi: 7, reporter: "upf-0", answer: { count: 0, sumMs: 0 } };
  of.flowSource.paths = [{ ...classifier, attempts: 10, failures: 0 }];
  of.flowSource.delays = [{ sourceNode: "b", destinationNode: "a", series: "", connections: 4, leastMs: 1.5 }];
  const polling = of.scheduler.poll();
  await of.clock.advanceAsync(5000);
  of.flowSource.paths = [{ ...classifier, attempts: 40, failures: 2, answer: { count: 30, sumMs: 60 } }];
  await of.clock.advanceAsync(5000);
  const lastAtMs = of.clock.nowMs();
  await of.clock.advanceAsync(2000);
  await polling.stop();
  const age = { ageMs: 2000, isStale: false };
  expect((await of.get("/v1/paths")).json).toEqual({
    ...age,
    paths: [{ chain: "n6", spi: 7, attempts: 30, failures: 2, lastAtMs, answerMs: 2, hops: [] }],
  });
  expect((await of.get("/v1/delays")).json).toMatchObject({ ...age, pairs: [{ a: "b", b: "a", roundTripMs: 1.5 }] });
});

test("it is ready once the cluster has been read, and alive before that", async () => {
  bench = await schedulerBench({ hasSynced: false });
  expect([(await bench.get("/livez")).status, (await bench.get("/readyz")).status]).toEqual([200, 503]);
  bench.view.pods.markSynced();
  bench.view.nodes.markSynced();
  expect((await bench.get("/readyz")).status).toBe(200);
});

test("every verb's latency is measured", async () => {
  const of = await newBench();
  await of.scores(pendingPod("amf"));
  expect(await of.metric('weft_scheduler_verb_duration_seconds_count{verb="prioritize"}')).toBe("1");
  expect(await of.metric("weft_scheduler_flow_graph_age_seconds")).toBe("0");
});
