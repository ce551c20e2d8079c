/** A whole extender without sockets: a cluster in memory, flows as told, a clock that moves when told. */
import type { ClusterNode } from "../../core/model/cluster-node.ts";
import type { FlowCounter } from "../../core/model/flow.ts";
import type { Pod } from "../../core/model/pod.ts";
import type { EventRecorder } from "../../core/ports/event-recorder.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { createMemoryCluster } from "../../platform/memory/memory-cluster.ts";
import type { ProfileKeeping } from "../../scheduler/keep-profiles.ts";
import type { BindPod } from "../../scheduler/placer.ts";
import type { GateKeeping } from "../../scheduler/planning/build-planning.ts";
import type { RunPlan } from "../../scheduler/planning/plan-runner.ts";
import { buildScheduler } from "../../scheduler/scheduler.ts";
import { schedulerConfigSchema } from "../../scheduler/scheduler-config.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { createScriptedFlowSource } from "../fakes/scripted-flow-source.ts";
import { meshNode } from "./mesh-cluster.ts";

export interface SchedulerBenchOptions {
  /** Zone by node name; a, b in zone 1 and c in zone 2 unless told. */
  readonly nodes?: Readonly<Record<string, string>>;
  /** In place of `nodes`, where more than their zones matters. */
  readonly liveNodes?: readonly ClusterNode[];
  readonly pods?: readonly Pod[];
  /** Bytes per second by `source>destination` workload names of the namespace core. */
  readonly flows?: Readonly<Record<string, number>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly bindPod?: BindPod;
  readonly hasSynced?: boolean;
  readonly profiles?: ProfileKeeping;
  readonly gates?: GateKeeping;
  readonly recorder?: EventRecorder;
  /** Plans groups of pending pods by this; none are planned unless told. */
  readonly runPlan?: RunPlan;
}

const nobodyLeads = { isLeader: false, subscribe: () => () => {} };

export type SchedulerBench = Awaited<ReturnType<typeof schedulerBench>>;

/** Flows have been read for ten seconds when it is ready. */
export async function schedulerBench(options: SchedulerBenchOptions = {}) {
  const { nodes = { a: "1", b: "1", c: "2" }, pods = [], flows = {}, config = {}, bindPod, hasSynced = true } = options;
  const { profiles, gates, recorder, runPlan } = options;
  const liveNodes = options.liveNodes ?? Object.entries(nodes).map(([name, zone]) => meshNode(name, zone));
  const clock = createManualClock();
  const flowSource = createScriptedFlowSource(clock);
  const view = createMemoryCluster({ hasSynced });
  for (const node of liveNodes) view.nodes.put(node);
  for (const pod of pods) view.pods.put(pod);
  const log = createLog({ level: "silent", name: "test" });
  const deps = {
    view,
    flowSource,
    clock,
    log,
    recorder: view.recorder,
    rescheduling: {
      ...{ placementPlans: view.placementPlans, planWriter: view.planWriter, evictor: view.evictor },
      ...{ leadership: nobodyLeads, namespace: "weft-system" },
    },
    ...(bindPod && { bindPod }),
    ...(profiles && { profiles }),
    ...(gates && { gates }),
    ...(recorder && { recorder }),
    ...(runPlan && { runPlan }),
  };
  const scheduler = buildScheduler(schedulerConfigSchema.parse(config), deps);
  const { app } = scheduler.server;

  async function ask(verb: string, body: unknown): Promise<{ status: number; body: string; json: unknown }> {
    const answer = await app.inject({ method: "POST", url: `/${verb}`, payload: body as object });
    return { status: answer.statusCode, body: answer.body, json: answer.json() };
  }

  const totals = new Map<string, number>();

  function observe(): void {
    const read = counters(Object.fromEntries(totals), 1);
    scheduler.graph.observe({ atMs: clock.nowMs(), counters: read });
  }

  /** Lets ten seconds pass in which the flows have these rates. */
  async function learn(rates: Readonly<Record<string, number>>): Promise<void> {
    clock.advance(1);
    for (const pair of Object.keys(rates)) totals.set(pair, totals.get(pair) ?? 0);
    observe();
    clock.advance(10_000);
    for (const [pair, bytesPerSecond] of Object.entries(rates))
      totals.set(pair, (totals.get(pair) ?? 0) + bytesPerSecond * 10);
    observe();
  }

  let connections = 0;

  /** Proxies have opened new connections, and these were their round trips in ms by `a>b`, names of nodes. */
  function measure(roundTripsMs: Readonly<Record<string, number>>): void {
    connections += 1;
    const delays = Object.entries(roundTripsMs).map(([pair, leastMs]) => {
      const [sourceNode = "", destinationNode = ""] = pair.split(">");
      return { sourceNode, destinationNode, series: "", connections, leastMs };
    });
    scheduler.delays.observe(delays, clock.nowMs() + connections);
  }

  if (Object.keys(flows).length > 0) await learn(flows);
  const planning = runPlan && scheduler.plan();
  return {
    ...{ scheduler, app, clock, view, flowSource, ask, learn, measure },
    /** Scores by node. */
    async scores(
      pod: unknown,
      nodeNames: readonly string[] = liveNodes.map(({ name }) => name),
    ): Promise<Record<string, number>> {
      const { json } = await ask("prioritize", { Pod: pod, Nodes: null, NodeNames: nodeNames });
      return Object.fromEntries((json as { Host: string; Score: number }[]).map(({ Host, Score }) => [Host, Score]));
    },
    async get(url: string): Promise<{ status: number; json: Record<string, unknown> }> {
      const answer = await app.inject({ method: "GET", url });
      return { status: answer.statusCode, json: answer.json() };
    },
    async metric(line: string): Promise<string | undefined> {
      const { body } = await app.inject({ method: "GET", url: "/metrics" });
      return body
        .split("\n")
        .find((each) => each.startsWith(`${line} `))
        ?.slice(line.length + 1);
    },
    async stop(): Promise<void> {
      await planning?.stop();
      scheduler.release();
      await scheduler.events.stop();
      await scheduler.server.close();
    },
  };
}

export function counters(rates: Readonly<Record<string, number>>, seconds: number): FlowCounter[] {
  return Object.entries(rates).map(([pair, bytesPerSecond]) => {
    const [source = "", destination = ""] = pair.split(">");
    return {
      source: { namespace: "core", workload: source },
      destination: { namespace: "core", workload: destination },
      requestBytes: bytesPerSecond * seconds,
      responseBytes: 0,
    };
  });
}

/** A pending pod of a Deployment, as kube-scheduler sends it. */
export function pendingPod(app: string, suffix = "x") {
  return {
    metadata: {
      name: `${app}-${suffix}`,
      namespace: "core",
      uid: `${app}-${suffix}`,
      labels: { app, "pod-template-hash": "1" },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: `${app}-1`, uid: "rs", controller: true }],
    },
  };
}
