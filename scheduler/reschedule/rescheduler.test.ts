/** The whole rescheduler on a cluster in memory, with a clock that moves when told. */
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DelayTable } from "../../core/graph/delay-table.ts";
import { FlowGraph } from "../../core/graph/flow-graph.ts";
import { defaultLocalityCosts } from "../../core/model/locality.ts";
import type { PlacementPlan } from "../../core/model/placement-plan.ts";
import type { Pod } from "../../core/model/pod.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { ObjectEvent } from "../../core/ports/event-recorder.ts";
import type { EvictionOutcome } from "../../core/ports/pod-evictor.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { createMemoryCluster, type MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { liveNode } from "../../test/builders/live-cluster.ts";
import { moveProposal } from "../../test/builders/placement-plan.ts";
import { createdAtMs, standingPod } from "../../test/builders/plan-situation.ts";
import { counters } from "../../test/builders/scheduler-bench.ts";
import { createManualClock, type ManualClock } from "../../test/fakes/manual-clock.ts";
import { CurrentCosts } from "../placement/current-costs.ts";
import { NodesByName } from "../planning/nodes-by-name.ts";
import { planHere } from "../planning/plan-runner.ts";
import { schedulerConfigSchema } from "../scheduler-config.ts";
import { planIntentions } from "./plan-intentions.ts";
import { type Rescheduler, startRescheduler } from "./rescheduler.ts";

const namespace = "weft-system";
const quick = {
  intervalMs: 1000,
  windowMs: 5000,
  cooldownMs: 1,
  moveCost: 1,
  settleMs: 1000,
  searchStepsMax: 2000,
  evictionMsMax: 60_000,
  replacementMsMax: 60_000,
};

let clock: ManualClock;
let cluster: MemoryCluster;
let graph: FlowGraph;
let events: ObjectEvent[];
let running: Rescheduler[];
let outcomes: (EvictionOutcome | WeftError)[];
let evicted: string[];
let seconds: number;
let isObeyed: boolean;
let totals: Record<string, number>;
const leaders = new Set<(isLeader: boolean) => void>();

/** Two replicas of amf, one of them away from all three of udm: nothing but its move brings everything together. */
beforeEach(() => {
  clock = createManualClock(createdAtMs + 86_400_000);
  cluster = createMemoryCluster({ nowMs: () => clock.nowMs() });
  graph = new FlowGraph({ halfLifeMs: 1000, flowsMax: 1000 });
  [events, running, outcomes, evicted, seconds, isObeyed, totals] = [[], [], [], [], 0, true, {}];
  for (const name of ["a", "b", "c"]) cluster.nodes.put(liveNode(name, { cpu: 16 }));
  for (const [name, on] of Object.entries({ "amf-1": "b", "amf-2": "a", "udm-1": "b", "udm-2": "b", "udm-3": "b" }))
    cluster.pods.put(standingPod({ name, on, age: Number(name.at(-1)) }));
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
  leaders.clear();
});

const delays = new DelayTable({ spanMs: 1000, forgottenAfterMs: 1000, pairsMax: 1 });
const costs = { costs: "configured", localityCosts: defaultLocalityCosts, pairsMin: 1 } as const;
const nodesByName = new NodesByName(new CurrentCosts(costs, delays));
const kept = { annotations: { "weft.dev/movable": "false" } };

interface Replica {
  readonly leadership: { isLeader: boolean };
  readonly rescheduler: Rescheduler;
}

function start(rescheduler: object = {}, isLeader = true): Replica {
  const config = schedulerConfigSchema.parse({ rescheduler: { mode: "auto", ...quick, ...rescheduler } });
  const leadership = {
    isLeader,
    subscribe(listener: (isLeader: boolean) => void) {
      leaders.add(listener);
      return () => leaders.delete(listener);
    },
  };
  const one = startRescheduler({
    ...{ view: cluster, placementPlans: cluster.placementPlans, planWriter: cluster.planWriter, namespace, leadership },
    ...{ graph, config, clock, registry: new Registry(), log: createLog({ level: "silent", name: "test" }) },
    ...{ runPlan: planHere, nodesByName, events: { add: (event) => events.push(event) }, evictor: { evict } },
  });
  running.push(one);
  return { leadership, rescheduler: one };
}

async function evict({ namespace: of, name, uid }: Pick<Pod, "namespace" | "name" | "uid">): Promise<EvictionOutcome> {
  const outcome = outcomes.shift() ?? { kind: "evicted" };
  if (outcome instanceof WeftError) throw outcome;
  if (outcome.kind !== "evicted") return outcome;
  evicted.push(name);
  return cluster.evictor.evict({ namespace: of, name, uid });
}

/** A second in which the flows go on, controllers and the scheduler do their work, and pods get ready. */
async function second(flows: Readonly<Record<string, number>>): Promise<void> {
  seconds += 1;
  for (const [pair, rate] of Object.entries(flows)) totals[pair] = (totals[pair] ?? 0) + rate;
  graph.observe({ atMs: clock.nowMs(), counters: counters(totals, 1) });
  for (const pod of cluster.pods.list()) live(pod);
  await clock.advanceAsync(1000);
}

function live(pod: Pod): void {
  const key = `${pod.namespace}/${pod.name}`;
  if (pod.isTerminating) {
    cluster.pods.delete(key);
    const name = `${pod.workload.name}-${seconds + 100}`;
    cluster.pods.put(standingPod({ name, on: undefined, age: seconds + 100 }));
  } else if (pod.node === undefined) {
    const { namespace: of, name, uid, labels, workload } = pod;
    const asked = { namespace: of, name, uid, labels, workload: workloadKey(workload) };
    const node = (isObeyed ? planIntentions(cluster, namespace).nodeFor(asked)?.node : undefined) ?? "c";
    cluster.pods.put({ ...pod, node, isReady: true });
  }
}

async function pass(count: number, flows: Readonly<Record<string, number>> = { "amf>udm": 1000 }): Promise<void> {
  for (let each = 0; each < count; each++) await second(flows);
}

function plans(): readonly PlacementPlan[] {
  return cluster.placementPlans.list();
}

function only(): PlacementPlan {
  const [plan, ...others] = plans();
  if (!plan || others.length > 0) throw new Error(`${plans().length} plans`);
  return plan;
}

function approve(isApproved = true): void {
  const plan = only();
  cluster.placementPlans.put({ ...plan, isApproved, generation: plan.generation + 1, version: `${plan.version}x` });
}

function nodesOf(workload: string): readonly (string | undefined)[] {
  return cluster.pods.list().filter((pod) => pod.workload.name === workload).map(({ node }) => node); // biome-ignore format: a line
}

function said(reason: string): readonly string[] {
  return events.filter((event) => event.reason === reason).map(({ message }) => message);
}

test("a bad placement is mended by one move, and all of it is told", async () => {
  start();
  await pass(5);
  expect(plans()).toEqual([]);
  await pass(15);
  expect(only()).toMatchObject({ isApproved: true, namespace, status: { phase: "Done", reason: "MovesMade" } });
  expect(only().proposal.moves).toMatchObject([{ workload: { name: "amf" }, from: "a", to: "b" }]);
  expect(only().status.moves).toMatchObject([{ state: "Moved", pod: "amf-2", replacement: { node: "b" } }]);
  expect(evicted).toEqual(["amf-2"]);
  expect(nodesOf("amf")).toEqual(["b", "b"]);
  expect(said("PlanProposed")).toEqual(["1 move would save 100.0 % of what traffic cost"]);
  for (const reason of ["PlanApproved", "PodEvicted", "PodMoved", "PlanDone"]) expect(said(reason)).toHaveLength(1);
  expect(events.find(({ reason }) => reason === "Rescheduled")?.regarding).toMatchObject({
    kind: "Pod",
    name: "amf-2",
  });
  expect(only().status.conditions).toMatchObject([
    { type: "Approved", status: "True" },
    { type: "Complete", status: "True" },
  ]);
});

test("where it is to propose only, nothing moves until somebody approves", async () => {
  start({ mode: "propose" });
  await pass(30);
  expect(only()).toMatchObject({ isApproved: false, status: { phase: "Proposed", observedGeneration: 1 } });
  expect(evicted).toEqual([]);
  approve();
  await pass(10);
  expect(only().status).toMatchObject({ phase: "Done", observedGeneration: 2 });
});

test("a proposal that is not worth it any more is abandoned", async () => {
  start({ mode: "propose" });
  await pass(10);
  await pass(20, { "amf>udm": 0, "udm>nrf": 1 });
  expect(only().status).toMatchObject({ phase: "Abandoned", reason: "NotWorthIt" });
});

test("a proposal gives way to one that saves notably more, when that has lasted", async () => {
  cluster.pods.put(standingPod({ name: "smf-1", on: "a" }));
  cluster.pods.put(standingPod({ name: "smf-2", on: "a", age: 2 }));
  cluster.pods.put(standingPod({ name: "nrf-1", on: "c" }));
  start({ mode: "propose" });
  await pass(10, { "amf>udm": 1000, "smf>nrf": 1 });
  expect(only().proposal.moves).toMatchObject([{ workload: { name: "amf" } }]);
  await pass(3, { "amf>udm": 1000, "smf>nrf": 100_000 });
  expect(plans()).toHaveLength(1);
  await pass(10, { "amf>udm": 1000, "smf>nrf": 100_000 });
  expect(plans().map(({ status }) => status.reason)).toEqual(["Superseded", "Proposed"]);
  await pass(20, { "amf>udm": 1000, "smf>nrf": 100_000 });
  expect(plans()).toHaveLength(2);
});

test("flows that swing to and fro move nothing, although some move is always worth making", async () => {
  for (const [name, on] of Object.entries({ "nrf-1": "a", "udm-1": "b", "udm-2": "b", "udm-3": "b" }))
    cluster.pods.put(standingPod({ name, on, words: kept }));
  start();
  for (let turn = 0; turn < 8; turn++) {
    await pass(4, { "amf>udm": 1000, "amf>nrf": 0 });
    await pass(4, { "amf>udm": 0, "amf>nrf": 1000 });
  }
  expect(plans()).toEqual([]);
  await pass(20, { "amf>udm": 1000, "amf>nrf": 0 });
  expect(only().status.phase).toBe("Done");
});

test("while no flows are known, or only old ones, nothing moves", async () => {
  start();
  await clock.advanceAsync(60_000);
  expect(plans()).toEqual([]);
  await running.splice(0)[0]?.stop();
  await pass(3);
  clock.advance(600_000);
  start();
  await clock.advanceAsync(60_000);
  expect(plans()).toEqual([]);
  await pass(15);
  expect(only().status.phase).toBe("Done");
});

test("a gain that is too small is not proposed", async () => {
  cluster.pods.put(standingPod({ name: "smf-1", on: "a", words: kept }));
  cluster.pods.put(standingPod({ name: "nrf-1", on: "b", words: kept }));
  start();
  await pass(30, { "amf>udm": 100, "smf>nrf": 1_000_000 });
  expect(plans()).toEqual([]);
});

test("a pod that says so is not moved, nor one that stands alone", async () => {
  for (const [name, on] of Object.entries({ "amf-1": "b", "amf-2": "a", "udm-1": "b", "udm-2": "b", "udm-3": "b" }))
    cluster.pods.put(standingPod({ name, on, words: kept }));
  cluster.pods.put(standingPod({ name: "smf-1", on: "a" }));
  start();
  await pass(30, { "amf>udm": 1000, "smf>udm": 1000 });
  expect(plans()).toEqual([]);
});

test("an eviction that is not allowed yet is asked for again, for the same pod, and told", async () => {
  outcomes = [
    { kind: "delayed", reason: "needs 2 healthy pods", retryAfterMs: 4000 },
    { kind: "delayed", reason: "needs 2 healthy pods", retryAfterMs: undefined },
  ];
  start();
  await pass(25);
  expect(only().status.phase).toBe("Done");
  expect(evicted).toEqual(["amf-2"]);
  expect(said("EvictionDelayed")[0]).toContain("needs 2 healthy pods");
});

test("an eviction that is never allowed is given up, and nothing was moved", async () => {
  outcomes = Array(50).fill({ kind: "delayed", reason: "needs 2 healthy pods", retryAfterMs: undefined });
  start({ evictionMsMax: 10_000 });
  await pass(30);
  const [plan] = plans();
  expect(plan?.status).toMatchObject({ phase: "Abandoned", reason: "NothingGained" });
  expect(plan?.status.moves).toMatchObject([{ state: "Skipped", message: expect.stringContaining("needs 2 healthy") }]);
  expect(evicted).toEqual([]);
});

test("an eviction that the API server refuses is not asked for again", async () => {
  outcomes = Array(50).fill({ kind: "refused", reason: "more than one PodDisruptionBudget" });
  start({ windowMs: 1 });
  await pass(4);
  expect(plans()[0]?.status.moves).toMatchObject([{ state: "Skipped", message: "more than one PodDisruptionBudget" }]);
});

test("an answer that is lost evicts nobody twice", async () => {
  outcomes = [new WeftError("kubernetes-unavailable", "no answer in time")];
  start();
  await pass(25);
  expect(only().status.phase).toBe("Done");
  expect(evicted).toEqual(["amf-2"]);
});

test("a replacement that lands elsewhere and gains nothing ends the plan, and nothing else is moved", async () => {
  isObeyed = false;
  await threeMoves();
  start({ windowMs: 86_400_000 });
  await pass(16);
  const [plan] = plans();
  expect(plan?.status).toMatchObject({ phase: "Abandoned", reason: "NoGain" });
  expect(plan?.status.moves).toMatchObject([{ state: "Failed", replacement: { node: "c" } }]);
  expect(evicted).toHaveLength(1);
  expect(said("MoveFailed")).toHaveLength(1);
});

test("the hour's moves are not exceeded, not even by the next leader", async () => {
  await threeMoves();
  const first = start({ movesPerHourMax: 2, windowMs: 86_400_000 });
  await pass(60);
  expect(evicted).toHaveLength(2);
  expect(only().status).toMatchObject({ phase: "Running", reason: "HourlyMovesMade" });
  await first.rescheduler.stop();
  start({ movesPerHourMax: 2, windowMs: 86_400_000 });
  await pass(60);
  expect(evicted).toHaveLength(2);
  totals["amf>udm"] = (totals["amf>udm"] ?? 0) + 3_600_000;
  clock.advance(3_600_000);
  await pass(60);
  expect(evicted).toHaveLength(3);
  expect(only().status.phase).toBe("Done");
});

test("the next leader goes on where the last one ended", async () => {
  const first = start();
  await pass(8);
  expect(evicted).toEqual(["amf-2"]);
  await first.rescheduler.stop();
  expect(only().status.moves.at(-1)?.state).toBe("Replacing");
  start();
  await pass(6);
  expect(only().status.phase).toBe("Done");
  expect(evicted).toEqual(["amf-2"]);
});

test("a replica that does not lead does nothing, and begins when it leads", async () => {
  const { leadership } = start({}, false);
  await pass(30);
  expect(plans()).toEqual([]);
  leadership.isLeader = true;
  for (const tell of leaders) tell(true);
  await pass(20);
  expect(only().status.phase).toBe("Done");
});

test("a replica that has lost the lead writes nothing more", async () => {
  const { leadership } = start();
  await pass(8);
  const before = only();
  leadership.isLeader = false;
  await pass(30);
  expect(only()).toEqual(before);
});

test("plans of other namespaces are not touched", async () => {
  start();
  await cluster.planWriter.createPlan({
    namespace: "core",
    isApproved: true,
    proposal: moveProposal(["core/amf:a>b"]),
  });
  await pass(4);
  expect(only().status).toMatchObject({ phase: "Proposed", observedGeneration: 0 });
});

test("a plan that a person wrote is carried out like any other", async () => {
  start();
  await cluster.planWriter.createPlan({ namespace, isApproved: true, proposal: moveProposal(["core/amf:a>b"]) });
  await pass(12);
  expect(only().status.phase).toBe("Done");
  expect(nodesOf("amf")).toEqual(["b", "b"]);
});

test("of several plans one is carried out, and the others are abandoned", async () => {
  start();
  const proposal = moveProposal(["core/amf:a>b"]);
  for (const isApproved of [false, true, true])
    await cluster.planWriter.createPlan({ namespace, isApproved, proposal });
  await pass(12);
  expect(plans().map(({ status }) => status.reason)).toEqual(["Superseded", "MovesMade", "Superseded"]);
  expect(evicted).toHaveLength(1);
});

/** Two more replicas of amf that are away from udm, and a plan to bring all three there. */
async function threeMoves(): Promise<void> {
  for (const name of ["amf-3", "amf-4"]) cluster.pods.put(standingPod({ name, on: "a", age: Number(name.at(-1)) }));
  const moves = ["core/amf:a>b", "core/amf:a>b", "core/amf:a>b"];
  await cluster.planWriter.createPlan({ namespace, isApproved: true, proposal: moveProposal(moves) });
}

test("deleting a plan stops it", async () => {
  await threeMoves();
  start({ windowMs: 86_400_000, cooldownMs: 10_000 });
  await pass(9);
  expect(evicted).toHaveLength(1);
  cluster.placementPlans.delete(`${namespace}/${only().name}`);
  await pass(30);
  expect(evicted).toHaveLength(1);
});

test("plans that are over are kept as many as told, but none whose evictions still count", async () => {
  start({ plansKept: 1, windowMs: 86_400_000 });
  const proposal = moveProposal(["core/gone:a>b"]);
  for (let each = 0; each < 4; each++) await cluster.planWriter.createPlan({ namespace, isApproved: true, proposal });
  await pass(10);
  expect(plans()).toHaveLength(1);
  await cluster.planWriter.createPlan({ namespace, isApproved: true, proposal: moveProposal(["core/amf:a>b"]) });
  await pass(15);
  await cluster.planWriter.createPlan({ namespace, isApproved: true, proposal });
  await pass(5);
  expect(plans().map(({ status }) => status.phase)).toEqual(["Done", "Abandoned"]);
});
