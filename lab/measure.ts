/** What a placement's traffic came to: bytes by the proxies' own counters, latencies by the load's. */
import { type FlowCounter, type FlowReading, flowCounterKey } from "../core/model/flow.ts";
import type { RunningPod } from "./pod-runner.ts";
import type { PlacementResult, RequestTotals } from "./result-table.ts";

export type ByteTotals = Pick<PlacementResult, "totalBytes" | "interNodeBytes">;

/** Bytes metered between two readings, both directions, and those of them that left their node. */
export function bytesBetween(before: FlowReading, after: FlowReading): ByteTotals {
  const totals = { totalBytes: 0, interNodeBytes: 0 };
  for (const { source, destination, requestBytes, responseBytes } of flowBytesBetween(before, after)) {
    totals.totalBytes += requestBytes + responseBytes;
    if (source.node !== destination.node) totals.interNodeBytes += requestBytes + responseBytes;
  }
  return totals;
}

/** What each counter grew by between two readings. */
export function flowBytesBetween(before: FlowReading, after: FlowReading): readonly FlowCounter[] {
  const known = new Map(before.counters.map((counter) => [flowCounterKey(counter), counter]));
  return after.counters.map((counter) => {
    const { requestBytes = 0, responseBytes = 0 } = known.get(flowCounterKey(counter)) ?? {};
    return {
      ...counter,
      requestBytes: counter.requestBytes - requestBytes,
      responseBytes: counter.responseBytes - responseBytes,
    };
  });
}

/** Requests of the user plane; of several load generators the slower one speaks for both. */
export function requestTotals(load: readonly RunningPod[]): RequestTotals {
  const figures = load.map(({ sample }) => (sample.statistics() as unknown as LoadStatistics).procedures);
  const requests = figures.map(({ request }) => request);
  const sum = (all: readonly number[]) => all.reduce((total, each) => total + each, 0);
  const procedures = figures.flatMap((each) => Object.values(each));
  const failed = sum(procedures.map((each) => each.failed));
  return {
    count: sum(procedures.map((each) => each.succeeded)) + failed,
    failed,
    p50Ms: Math.max(...requests.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...requests.map(({ p99Ms }) => p99Ms)),
  };
}

/** The part of the load generator's statistics that is read here. */
interface LoadStatistics {
  readonly procedures: Readonly<Record<string, ProcedureFigures>> & { readonly request: ProcedureFigures };
}

interface ProcedureFigures {
  readonly succeeded: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}
