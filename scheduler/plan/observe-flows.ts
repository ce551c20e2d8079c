/** Byte rates of a cluster from two looks at its counters. */
import { FlowGraph } from "../../core/graph/flow-graph.ts";
import type { Flow } from "../../core/model/flow.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FlowSource } from "../../core/ports/flow-source.ts";

export interface ObserveOptions {
  readonly flowSource: FlowSource;
  readonly clock: Clock;
  /** Between the two looks; greater than 0. */
  readonly observeMs: number;
}

/** As many counters as the scheduler keeps unless told. */
const COUNTERS_MAX = 200_000;

/**
 * One flow for each directed pair of workloads that any counter speaks of, with its mean rate between the looks.
 *
 * @throws WeftError telemetry-* as the source does
 */
export async function observeFlows({ flowSource, clock, observeMs }: ObserveOptions): Promise<readonly Flow[]> {
  const graph = new FlowGraph({ halfLifeMs: observeMs, flowsMax: COUNTERS_MAX });
  const { signal } = new AbortController();
  graph.observe(await flowSource.read(signal));
  await new Promise<void>((resolve) => clock.after(observeMs, resolve));
  graph.observe(await flowSource.read(signal));
  return graph.flows(clock.nowMs());
}
