/** Reads the flow source again and again into the graph, the table of distances and the records of paths. */
import type { DelayTable } from "../core/graph/delay-table.ts";
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import type { PathRecords } from "../core/graph/path-records.ts";
import type { FlowReading } from "../core/model/flow.ts";
import { messageOf } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { FlowSource } from "../core/ports/flow-source.ts";
import type { Log } from "../core/ports/log.ts";
import type { SchedulerMetrics } from "./scheduler-metrics.ts";

export interface FlowPollDeps {
  readonly flowSource: FlowSource;
  readonly graph: FlowGraph;
  readonly delays: DelayTable;
  readonly paths: PathRecords;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SchedulerMetrics;
}

export interface FlowPollTimes {
  readonly pollIntervalMs: number;
  readonly readTimeoutMs: number;
}

export interface FlowPoll {
  /** Ends a reading under way and starts no other. */
  stop(): Promise<void>;
}

/** The first reading starts at once; a reading that is still going on when the next is due is not joined by another. */
export function startFlowPoll(deps: FlowPollDeps, times: FlowPollTimes): FlowPoll {
  let isStopped = false;
  let isFailing = false;
  let reading: Promise<void> | undefined;
  // One for each reading: signals that depend on one that lasts would last as long.
  let giveUp = new AbortController();

  async function readOnce(): Promise<void> {
    giveUp = new AbortController();
    const { signal } = giveUp;
    const cancel = deps.clock.after(times.readTimeoutMs, () =>
      giveUp.abort(new Error(`no reading within ${times.readTimeoutMs} ms`)),
    );
    try {
      takeIn(deps, await Promise.race([deps.flowSource.read(signal), aborted(signal)]));
      if (isFailing) deps.log.info("flows can be read again", { source: deps.flowSource.name });
      isFailing = false;
    } catch (error) {
      if (isStopped) return;
      deps.metrics.readings.inc({ outcome: "failed" });
      if (!isFailing) deps.log.warn("flows cannot be read", { source: deps.flowSource.name, reason: messageOf(error) });
      isFailing = true;
    } finally {
      cancel();
    }
  }

  function poll(): void {
    reading ??= readOnce().finally(() => {
      reading = undefined;
    });
  }

  poll();
  const cancelPolling = deps.clock.every(times.pollIntervalMs, poll);
  return {
    async stop() {
      isStopped = true;
      cancelPolling();
      giveUp.abort();
      await reading;
    },
  };
}

function takeIn({ graph, delays, paths, metrics, log }: FlowPollDeps, reading: FlowReading): void {
  const { refused, firstRefused, dropped } = graph.observe(reading);
  metrics.readings.inc({ outcome: "read" });
  metrics.droppedFlows.inc(dropped);
  for (const [reason, count] of Object.entries(refused)) metrics.refusedCounters.inc({ reason }, count);
  const distances = delays.observe(reading.delays, reading.atMs);
  metrics.refusedDelays.inc(distances.refused);
  metrics.droppedPairs.inc(distances.dropped);
  metrics.refusedPaths.inc(paths.observe(reading.paths, reading.hops, reading.atMs));
  if (firstRefused) log.debug("flow counters were refused", { refused, ...firstRefused });
}

/** A source that does not heed its signal must not hold up the polling. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
