/** What a workload exchanges with whom, as far as anybody knows: measured, or else expected. */
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import type { Neighbour } from "../core/graph/pair-totals.ts";
import type { NeutralReason } from "./neutral.ts";
import type { Expected } from "./placement/demand-prior.ts";
import type { FlowOrigin } from "./placement/expected-flow.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";

export interface KnownNeighbour extends Omit<Neighbour, "lastAtMs"> {
  /** Who says so. */
  readonly origin: FlowOrigin;
  /** When a counter last spoke of it, if one ever did. */
  readonly lastAtMs: number | undefined;
}

export interface KnownDemand {
  /** Those that count; none where there is a `silence` and nothing is expected. */
  readonly neighbours: readonly KnownNeighbour[];
  readonly remarks: readonly string[];
  /** Why nothing that was measured counts, if so. */
  readonly silence: NeutralReason | undefined;
}

export interface DemandKnowledge {
  readonly graph: FlowGraph;
  readonly nowMs: number;
  /** What is expected of the workload; asked only while nothing of it is measured. */
  readonly expected: () => Expected;
}

export type DemandConfig = Pick<SchedulerConfig, "staleAfterMs" | "ignoredBelowBytesPerSecond">;

export function knownDemand(
  workload: string,
  { graph, nowMs, expected }: DemandKnowledge,
  { staleAfterMs, ignoredBelowBytesPerSecond }: DemandConfig,
): KnownDemand {
  const isCounting = ({ bytesPerSecond }: { readonly bytesPerSecond: number }) =>
    bytesPerSecond >= ignoredBelowBytesPerSecond && bytesPerSecond > 0;
  const silence = silenceOf(graph, nowMs - staleAfterMs);
  const measured = silence ? [] : graph.neighboursOf(workload).filter(isCounting).map(asMeasured);
  if (measured.length > 0) return { neighbours: measured, remarks: [], silence };
  const { neighbours, remarks } = expected();
  return { neighbours: neighbours.filter(isCounting), remarks, silence };
}

function silenceOf({ lastReadingAtMs }: FlowGraph, staleBeforeMs: number): NeutralReason | undefined {
  if (lastReadingAtMs === undefined) return "telemetry-missing";
  return lastReadingAtMs < staleBeforeMs ? "telemetry-stale" : undefined;
}

function asMeasured(neighbour: Neighbour): KnownNeighbour {
  return { ...neighbour, origin: "measured" };
}
