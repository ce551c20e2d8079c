/** What has been learned: `GET /v1/flows`. The chain controller reads its demand here. */
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import { flowBytesPerSecond } from "../core/model/flow.ts";

export interface AgeOptions {
  readonly nowMs: number;
  readonly staleAfterMs: number;
}

export interface FlowListOptions extends AgeOptions {
  /** Flows, largest first. */
  readonly flowsMax: number;
}

export function listFlows(graph: FlowGraph, source: string, { flowsMax, ...options }: FlowListOptions) {
  const { nowMs } = options;
  const flows = [...graph.flows(nowMs)].sort((a, b) => flowBytesPerSecond(b) - flowBytesPerSecond(a));
  return {
    source,
    ...readingAge(graph, options),
    flowsTotal: flows.length,
    flows: flows.slice(0, flowsMax),
    chains: graph.chainDemand(nowMs),
  };
}

/** How old what was read last is, and whether it says anything. */
export function readingAge(graph: FlowGraph, { nowMs, staleAfterMs }: AgeOptions) {
  const ageMs = graph.lastReadingAtMs === undefined ? null : Math.max(0, nowMs - graph.lastReadingAtMs);
  return {
    /** Since the last reading; null before the first. */
    ageMs,
    /** Also while there are no rates yet: the zeros of a scheduler that has just begun say nothing. */
    isStale: ageMs === null || ageMs > staleAfterMs || !graph.hasRates,
  };
}
