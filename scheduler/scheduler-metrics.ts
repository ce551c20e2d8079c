import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { DelayTable } from "../core/graph/delay-table.ts";
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import type { Clock } from "../core/ports/clock.ts";
import { latencyBucketsSeconds } from "../platform/prometheus/registry.ts";
import { neutralReasons } from "./neutral.ts";
import { rejecterNames } from "./node-judge.ts";
import { placementKinds } from "./outcome.ts";
import type { AssumedPods } from "./placement/assumed-pods.ts";
import type { CurrentCosts } from "./placement/current-costs.ts";

const verbs = ["filter", "prioritize", "bind", "preempt"] as const;
export type Verb = (typeof verbs)[number];

export interface SchedulerMetrics {
  readonly registry: Registry;
  readonly duration: Histogram<"verb">;
  readonly neutral: Counter<"reason">;
  readonly rejectedNodes: Counter<"by">;
  readonly badRequests: Counter<"verb">;
  readonly readings: Counter<"outcome">;
  readonly refusedCounters: Counter<"reason">;
  readonly droppedFlows: Counter;
  readonly refusedDelays: Counter;
  readonly droppedPairs: Counter;
  readonly refusedPaths: Counter;
  readonly profileWrites: Counter<"outcome">;
  readonly events: Counter<"outcome">;
  readonly placements: Counter<"outcome">;
}

export interface MetricSources {
  readonly registry: Registry;
  readonly graph: FlowGraph;
  readonly delays: DelayTable;
  readonly costs: CurrentCosts;
  readonly assumed: AssumedPods;
  readonly clock: Clock;
}

/** Gauges are read from what they measure at each scrape. */
export function createSchedulerMetrics(sources: MetricSources): SchedulerMetrics {
  const registers = [sources.registry];
  declareGauges(sources);
  const neutral = new Counter({
    name: "weft_scheduler_neutral_answers_total",
    help: "Prioritize answers without a preference, by reason.",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of Object.keys(neutralReasons)) neutral.inc({ reason }, 0);
  const rejectedNodes = counter("weft_scheduler_rejected_nodes_total", "Nodes filtered out, by which limit.", "by");
  for (const by of rejecterNames) rejectedNodes.inc({ by }, 0);
  const events = counter("weft_scheduler_events_total", "Kubernetes events, by what became of them.", "outcome");
  for (const outcome of ["written", "failed", "dropped"]) events.inc({ outcome }, 0);
  const placements = counter(
    "weft_scheduler_placements_total",
    "Bound pods that this replica was asked about, by what kube-scheduler made of its scores.",
    "outcome",
  );
  for (const outcome of placementKinds) placements.inc({ outcome }, 0);
  return {
    registry: sources.registry,
    events,
    placements,
    neutral,
    rejectedNodes,
    duration: new Histogram({
      name: "weft_scheduler_verb_duration_seconds",
      help: "Time from a request's whole body to its answer, by verb.",
      labelNames: ["verb"],
      buckets: [...latencyBucketsSeconds],
      registers,
    }),
    badRequests: counter("weft_scheduler_bad_requests_total", "Requests that were refused as malformed.", "verb"),
    readings: counter("weft_scheduler_readings_total", "Readings of the flow source, by outcome.", "outcome"),
    refusedCounters: counter("weft_scheduler_refused_counters_total", "Flow counters that were refused.", "reason"),
    profileWrites: counter("weft_scheduler_profile_writes_total", "Writes of TrafficProfile objects.", "outcome"),
    droppedFlows: counter("weft_scheduler_dropped_flows_total", "Flow counters dropped because of the limit."),
    refusedDelays: counter("weft_scheduler_refused_delays_total", "Connect times of proxies that were refused."),
    droppedPairs: counter("weft_scheduler_dropped_pairs_total", "Measured pairs of nodes dropped for the limit."),
    refusedPaths: counter("weft_scheduler_refused_paths_total", "Counts of paths and of their hops that were refused."),
  };

  function counter<T extends string>(name: string, help: string, ...labelNames: T[]): Counter<T> {
    return new Counter({ name, help, labelNames, registers });
  }
}

function declareGauges({ registry, graph, delays, costs, assumed, clock }: MetricSources): void {
  const secondsSince = (atMs: number | undefined) => (atMs === undefined ? Number.NaN : (clock.nowMs() - atMs) / 1000);
  gauge("weft_scheduler_assumed_pods", "Pods assumed on a node and not seen bound yet.", () => assumed.size);
  gauge("weft_scheduler_flows", "Flow counters in the graph.", () => graph.flowCount);
  gauge("weft_scheduler_flow_graph_age_seconds", "Since the last reading of flows; NaN before the first.", () =>
    secondsSince(graph.lastReadingAtMs),
  );
  gauge("weft_scheduler_measured_pairs", "Pairs of nodes whose round trip is known.", () => delays.pairCount);
  gauge(
    "weft_scheduler_measured_pairs_age_seconds",
    "Since proxies last told of new connections between nodes; NaN before the first.",
    () => secondsSince(delays.lastNewsAtMs),
  );
  gauge("weft_scheduler_costs_are_measured", "1 while scores go by measured costs, 0 by configured ones.", () =>
    costs.origin?.kind === "measured" ? 1 : 0,
  );

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}
