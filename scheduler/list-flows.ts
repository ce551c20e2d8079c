/** What has been learned: `GET /v1/flows`. The chain controller reads its demand here. */
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import { flowBytesPerSecond } from "../core/model/flow.ts";

export interface FlowListOptions {
  readonly nowMs: number;
  readonly staleAfterMs: number;
  /** Flows, largest first. */
  readonly flowsMax: number;
}

export function listFlows(graph: FlowGraph, source: string, { nowMs, staleAfterMs, flowsMax }: FlowListOptions) {
  const flows = [...graph.flows(nowMs)].sort((a, b) => flowBytesPerSecond(b) - flowBytesPerSecond(a));
  const ageMs = graph.lastReadingAtMs === undefined ? null : Math.max(0, nowMs - graph.lastReadingAtMs);
  return {
    source,
    /** Since the last reading; null before the first. */
    ageMs,
    /** Also while there are no rates yet: the zeros of a scheduler that has just begun say nothing. */
    isStale: ageMs === null || ageMs > staleAfterMs || !graph.hasRates,
    flowsTotal: flows.length,
    flows: flows.slice(0, flowsMax),
    chains: graph.chainDemand(nowMs),
  };
}
