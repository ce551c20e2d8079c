import type { Registry } from "prom-client";
import { DelayTable } from "../core/graph/delay-table.ts";
import { FlowGraph } from "../core/graph/flow-graph.ts";
import { PathRecords } from "../core/graph/path-records.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { EventRecorder } from "../core/ports/event-recorder.ts";
import type { FlowSource } from "../core/ports/flow-source.ts";
import type { Log } from "../core/ports/log.ts";
import type { HttpServer } from "../platform/http/http-server.ts";
import { createRegistry } from "../platform/prometheus/registry.ts";
import { buildSchedulerApp } from "./app.ts";
import { DecisionLog } from "./decision-log.ts";
import { type EventQueue, startEventQueue } from "./event-queue.ts";
import { type ProfileKeeping, startProfileKeeper } from "./keep-profiles.ts";
import { LatencyFilter } from "./latency-filter.ts";
import { AssumedPods } from "./placement/assumed-pods.ts";
import { CurrentCosts } from "./placement/current-costs.ts";
import { type BindPod, Placer } from "./placer.ts";
import { buildPlanning, type GateKeeping } from "./planning/build-planning.ts";
import { NodesByName } from "./planning/nodes-by-name.ts";
import { type RunPlan, startPlanWorker } from "./planning/plan-runner.ts";
import { startFlowPoll } from "./poll-flows.ts";
import { planIntentions } from "./reschedule/plan-intentions.ts";
import { type Rescheduling, startRescheduler } from "./reschedule/rescheduler.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";
import { createSchedulerMetrics } from "./scheduler-metrics.ts";
import { tellPlacements } from "./tell-placements.ts";
import { type SchedulingView, WatchedCluster } from "./watched-cluster.ts";
import { WatchedDemand } from "./watched-demand.ts";
import type { AskedPod } from "./wire/parse-args.ts";

export interface SchedulerDeps {
  readonly view: SchedulingView;
  readonly flowSource: FlowSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly bindPod?: BindPod;
  /** Without it no events are written. */
  readonly recorder?: EventRecorder;
  /** Without it what is learned ends with this process. */
  readonly profiles?: ProfileKeeping;
  /** Without it pods behind Weft's scheduling gate are left alone. */
  readonly gates?: GateKeeping;
  /** Without it running pods stay where they are. */
  readonly rescheduling?: Rescheduling;
  /** Makes plans of groups, and of moves; threads of their own unless told. */
  readonly runPlan?: RunPlan;
  /** Where `weft_scheduler_*` are declared; one of its own unless told. */
  readonly registry?: Registry;
}

export interface BuiltScheduler {
  readonly server: HttpServer;
  readonly graph: FlowGraph;
  readonly delays: DelayTable;
  /** Begins to read flows; the answer stops that. */
  poll(): { stop(): Promise<void> };
  /** Begins to restore and to keep what is learned; the answer writes the last of it. */
  keep(): { stop(): Promise<void> } | undefined;
  /** Begins to plan groups of pending pods; the answer stops that. */
  plan(): { stop(): Promise<void> };
  /** Begins to look for moves of running pods, if it is to; the answer stops that. */
  reschedule(): { stop(): Promise<void> } | undefined;
  readonly events: EventQueue;
  /** Stops following the cluster. */
  release(): void;
}

export interface RunningScheduler {
  readonly url: string;
  readonly graph: FlowGraph;
  /** Lets requests finish, then stops reading flows. Again is no error. */
  stop(): Promise<void>;
}

/** So that a path that has just been replaced can still be compared with the one after it. */
const RECORD_HALF_LIFE_MS = 300_000;
const nobody: EventRecorder = { record: async () => {} };

/** The whole extender without a socket or a timer. */
export function buildScheduler(config: SchedulerConfig, deps: SchedulerDeps): BuiltScheduler {
  const { view, flowSource, clock, log, bindPod } = deps;
  const registry = deps.registry ?? createRegistry({ component: "scheduler", version: "0.1.0" });
  const graph = new FlowGraph(config);
  const delays = new DelayTable(config.measuredCosts);
  const paths = new PathRecords({ halfLifeMs: RECORD_HALF_LIFE_MS, countersMax: config.flowsMax });
  const { pairsMin } = config.measuredCosts;
  const costs = new CurrentCosts({ ...config, pairsMin }, delays);
  // Plans have an order of nodes of their own, for which costs are kept apart.
  const nodesByName = new NodesByName(new CurrentCosts({ ...config, pairsMin }, delays));
  const assumed = new AssumedPods({ ttlMs: config.assumedTtlMs, podsMax: config.assumedPodsMax });
  const cluster = new WatchedCluster(view, assumed);
  const demand = new WatchedDemand(view);
  const decisions = new DecisionLog(config.decisionsMax);
  const metrics = createSchedulerMetrics({ registry, graph, delays, costs, assumed, clock });
  const recorder = deps.recorder ?? nobody;
  const events = startEventQueue({ recorder, clock, log, counter: metrics.events }, config.events);
  const stopTelling = tellPlacements({ pods: view.pods, decisions, events, metrics, log, config });
  const rescheduling = config.rescheduler.mode === "off" ? undefined : deps.rescheduling;
  const intended = rescheduling && planIntentions({ ...rescheduling, pods: view.pods }, rescheduling.namespace);
  const { localityLatencyMs } = config.latencyFilter;
  const latencies = new LatencyFilter({ view, delays, localityLatencyMs });
  const worker = startPlanWorker({ clock });
  const run = deps.runPlan ?? worker.run;
  const knowledge = { view, cluster, graph, delays, costs, assumed, demand, intended, clock, log, config };
  const rejectionOf = (pod: AskedPod, node: string) => placer.rejectionOf(pod, node)?.reason;
  const planning = buildPlanning({ ...knowledge, nodesByName, registry, events, run, rejectionOf, gates: deps.gates });
  const placer = new Placer({ ...knowledge, latencies, decisions, bindPod, advise: planning.advise });
  const notReady = () => (cluster.hasSynced ? [] : ["the cluster's pods and nodes have not all been read yet"]);
  const podOf = (podKey: string) => view.pods.get(podKey);
  const learned = { graph, delays, paths };
  const reports = { placer, decisions, metrics, clock, log, config, source: flowSource.name, podOf, notReady };
  return {
    graph,
    delays,
    events,
    server: buildSchedulerApp({ ...reports, ...learned, planning: planning.metrics }),
    poll: () => startFlowPoll({ flowSource, ...learned, clock, log, metrics }, config),
    keep: () => deps.profiles && startProfileKeeper({ ...deps.profiles, graph, demand, metrics, clock, log }, config),
    plan() {
      const running = planning.start();
      return {
        async stop() {
          running.stop();
          await worker.stop();
        },
      };
    },
    reschedule() {
      if (!rescheduling) return undefined;
      // A thread of its own: pods that wait for a plan must not wait for a search that nobody waits for.
      const searcher = startPlanWorker({ clock });
      const runPlan = deps.runPlan ?? searcher.run;
      const running = startRescheduler({ ...knowledge, ...rescheduling, nodesByName, runPlan, events, registry });
      return {
        async stop() {
          await Promise.all([running.stop(), searcher.stop()]);
        },
      };
    },
    release() {
      stopTelling();
      cluster.stop();
    },
  };
}

/** Listens and reads flows until it is stopped. @throws WeftError listen-failed */
export async function startScheduler(config: SchedulerConfig, deps: SchedulerDeps): Promise<RunningScheduler> {
  const { server, graph, events, poll, keep, plan, reschedule, release } = buildScheduler(config, deps);
  const { url } = await server.listen(config.host, config.port).catch((error) => {
    release();
    throw error;
  });
  const keeping = keep();
  const polling = poll();
  const planning = plan();
  const rescheduler = reschedule();
  deps.log.info("scheduler extender listening", { url, plugin: config.plugin, flows: deps.flowSource.name });
  return {
    url,
    graph,
    async stop() {
      await server.close();
      await planning.stop();
      await rescheduler?.stop();
      await polling.stop();
      await keeping?.stop();
      release();
      await events.stop();
    },
  };
}
