import { afterEach, expect, test } from "vitest";
import { clusterNodeOf } from "../core/model/cluster-node.ts";
import type { Pod } from "../core/model/pod.ts";
import { chain, meshPod, meshService, serviceFunction } from "../test/builders/mesh-cluster.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";
import { explainTable } from "./explain-table.ts";
import { explanationSchema } from "./explanation-schema.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

const localityLatencyMs = { rack: 0.1, zone: 1, region: 3, other: 10 };
const enabled = { latencyFilter: { isEnabled: true, localityLatencyMs } };
const ends = [meshPod("ue-0", "a"), meshPod("dn-0", "b")];

interface World {
  readonly config?: Record<string, unknown>;
  readonly pods?: readonly Pod[];
  readonly latencyBudgetMs?: number;
  readonly functions?: readonly string[];
  readonly flows?: Readonly<Record<string, number>>;
}

/** a and b are in one zone, c is elsewhere. The chain is from ue over fw (2 ms of processing) and dpi to the Service dn. */
async function world({
  config = enabled,
  pods = ends,
  functions = ["fw", "dpi"],
  ...rest
}: World): Promise<SchedulerBench> {
  bench = await schedulerBench({ pods, config, ...(rest.flows && { flows: rest.flows }) });
  const { view } = bench;
  view.services.put(meshService("dn"));
  view.serviceFunctions.put(serviceFunction("fw", { processingDelayMs: 2 }));
  view.serviceFunctions.put(serviceFunction("dpi"));
  view.serviceFunctionChains.put(chain("n6", functions, { latencyBudgetMs: rest.latencyBudgetMs ?? 10 }));
  await Promise.resolve();
  return bench;
}

interface FilterAnswer {
  readonly NodeNames: readonly string[];
  readonly FailedNodes: Readonly<Record<string, string>>;
  readonly FailedAndUnresolvableNodes: Readonly<Record<string, string>>;
}

async function filter(of: SchedulerBench, app = "fw", NodeNames = ["a", "b", "c"]): Promise<FilterAnswer> {
  return (await of.ask("filter", { Pod: pendingPod(app), NodeNames })).json as FilterAnswer;
}

const reasonAtC = "chain core/n6 would take at least 22.00 ms of its 10 ms with fw here";

test("by default every node passes, whatever the budget", async () => {
  const of = await world({ config: {} });
  expect(await filter(of)).toMatchObject({ NodeNames: ["a", "b", "c"] });
});

test("a node through which the chain could not keep its budget is rejected, and no eviction would help there", async () => {
  const of = await world({});
  expect(await filter(of)).toEqual({
    ...{ Nodes: null, NodeNames: ["a", "b"], FailedNodes: {}, Error: "" },
    FailedAndUnresolvableNodes: { c: reasonAtC },
  });
  expect(await of.metric('weft_scheduler_rejected_nodes_total{by="latency"}')).toBe("1");
  const { json } = await of.get("/v1/explain/core/fw-x");
  expect(json).toMatchObject({ filter: { nodesTotal: 3, rejected: { c: reasonAtC } } });
  expect(explainTable(explanationSchema.parse(json))).toContain(`filtered out c: ${reasonAtC}`);
});

test("preemption is not proposed there", async () => {
  const of = await world({});
  const victims = { Pods: [{ UID: "v" }], NumPDBViolations: 0 };
  const NodeNameToMetaVictims = { a: victims, c: victims };
  const { json } = await of.ask("preempt", { Pod: pendingPod("fw"), NodeNameToMetaVictims });
  expect(json).toEqual({ NodeNameToMetaVictims: { a: victims } });
});

const passing: readonly (World & { readonly name: string; readonly app?: string })[] = [
  { name: "a pod that is no function of the chain", app: "amf" },
  { name: "a pod of the chain's source", app: "ue" },
  { name: "a budget that is wide enough", latencyBudgetMs: 22 },
  { name: "a chain whose ends stand nowhere", pods: [] },
  { name: "a chain that does not have the function", functions: ["dpi"] },
];

test.each(passing)("$name rejects nothing", async ({ app, ...rest }) => {
  const of = await world(rest);
  expect(await filter(of, app)).toMatchObject({ NodeNames: ["a", "b", "c"], FailedAndUnresolvableNodes: {} });
});

test("a chain without a budget rejects nothing", async () => {
  const of = await world({});
  of.view.serviceFunctionChains.put(chain("n6", ["fw"], {}));
  await Promise.resolve();
  expect((await filter(of)).NodeNames).toEqual(["a", "b", "c"]);
});

test("before the view has synced nothing is rejected", async () => {
  bench = await schedulerBench({ pods: ends, config: enabled, hasSynced: false });
  bench.view.serviceFunctionChains.put(chain("n6", ["fw"], { latencyBudgetMs: 1 }));
  bench.view.serviceFunctions.put(serviceFunction("fw"));
  expect((await filter(bench)).NodeNames).toEqual(["a", "b", "c"]);
});

test("a node that the cluster does not know is not rejected", async () => {
  const of = await world({});
  expect((await filter(of, "fw", ["c", "ghost"])).NodeNames).toEqual(["ghost"]);
});

test("other functions count where they stand", async () => {
  const of = await world({ pods: [...ends, meshPod("dpi-0", "c")], latencyBudgetMs: 15 });
  const { NodeNames, FailedAndUnresolvableNodes } = await filter(of);
  expect(NodeNames).toEqual([]);
  expect(FailedAndUnresolvableNodes.a).toMatch(/22\.00 ms of its 15 ms/);
  of.view.pods.put(meshPod("dpi-1", "a"));
  await Promise.resolve();
  expect((await filter(of)).NodeNames).toEqual(["a", "b"]);
});

test("measured round trips count before what is configured", async () => {
  const of = await world({});
  of.measure({ "a>c": 4, "b>c": 6 });
  expect((await filter(of)).NodeNames).toEqual(["a", "b", "c"]);
  of.measure({ "a>b": 200 });
  expect((await filter(of)).NodeNames).toEqual(["c"]);
});

test("a function that may be bypassed takes no time while it stands nowhere, and a tap never does", async () => {
  const of = await world({ latencyBudgetMs: 3 });
  const dpi = (changes: object) =>
    of.view.serviceFunctions.put(serviceFunction("dpi", { processingDelayMs: 5, ...changes }));
  dpi({});
  expect((await filter(of)).NodeNames).toEqual([]);
  dpi({ failurePolicy: "Bypass" });
  expect((await filter(of)).NodeNames).toEqual(["a", "b"]);
  of.view.pods.put(meshPod("dpi-0", "b"));
  expect((await filter(of)).NodeNames).toEqual([]);
  dpi({ mode: "Tap" });
  of.view.pods.put(meshPod("dpi-0", "c"));
  await Promise.resolve();
  expect((await filter(of)).NodeNames).toEqual(["a", "b"]);
  expect((await filter(of, "dpi", ["a", "c"])).NodeNames).toEqual(["a", "c"]);
});

test("a pod that may be two functions of the chain is taken as the one that it is best for", async () => {
  const of = await world({ pods: [...ends, meshPod("dpi-0", "c")], latencyBudgetMs: 15 });
  of.view.serviceFunctions.put(serviceFunction("dpi", { selector: { "pod-template-hash": "1" } }));
  await Promise.resolve();
  expect((await filter(of)).NodeNames).toEqual(["a", "b"]);
});

test("with both filters on the first reason is given, and an eviction helps only where it helps with both", async () => {
  const flows = { "fw>nrf": 5000 };
  const pods = [...ends, meshPod("nrf-0", "a")];
  const of = await world({ config: { ...enabled, linkFilter: { isEnabled: true } }, pods, flows });
  for (const [name, zone] of [["b", "1"], ["c", "2"]] as const) // biome-ignore format: pairs
    of.view.nodes.put(
      clusterNodeOf({
        metadata: {
          name,
          labels: { "topology.kubernetes.io/zone": zone },
          annotations: { "weft.dev/link-bandwidth": "8k" },
        },
      }),
    );
  await Promise.resolve();
  const link = expect.stringMatching(/^its link would carry 5000 of 1000/);
  expect(await filter(of)).toMatchObject({
    NodeNames: ["a"],
    FailedNodes: { b: link },
    FailedAndUnresolvableNodes: { c: link },
  });
  expect(await of.metric('weft_scheduler_rejected_nodes_total{by="link"}')).toBe("2");
  expect(await of.metric('weft_scheduler_rejected_nodes_total{by="latency"}')).toBe("0");
});
