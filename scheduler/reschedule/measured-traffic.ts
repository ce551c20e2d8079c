import type { FlowGraph } from "../../core/graph/flow-graph.ts";
import { flowBytesPerSecond } from "../../core/model/flow.ts";
import type { PairTraffic } from "../../core/model/placement.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { SchedulerConfig } from "../scheduler-config.ts";

type TrafficConfig = Pick<SchedulerConfig, "staleAfterMs" | "ignoredBelowBytesPerSecond">;

/**
 * What workloads exchange as it was measured, and nothing that is only expected: a pod is not ended for a guess. Undefined while
 * no rate is known, or those that are known are too old.
 */
export function measuredTraffic(
  graph: FlowGraph,
  { staleAfterMs, ignoredBelowBytesPerSecond }: TrafficConfig,
  nowMs: number,
): readonly PairTraffic[] | undefined {
  const ageMs = flowsAgeMs(graph, nowMs);
  if (ageMs === undefined || ageMs > staleAfterMs || !graph.hasRates) return undefined;
  const pairs = graph.flows(nowMs).map((flow) => ({
    source: workloadKey({ namespace: flow.source.namespace, name: flow.source.workload }),
    destination: workloadKey({ namespace: flow.destination.namespace, name: flow.destination.workload }),
    bytesPerSecond: flowBytesPerSecond(flow),
  }));
  return pairs.filter(({ bytesPerSecond }) => bytesPerSecond > 0 && bytesPerSecond >= ignoredBelowBytesPerSecond);
}

/** Since the last reading; undefined before the first. */
export function flowsAgeMs({ lastReadingAtMs }: FlowGraph, nowMs: number): number | undefined {
  return lastReadingAtMs === undefined ? undefined : Math.max(0, nowMs - lastReadingAtMs);
}
