/** TCP connections and UDP sessions, which are told of once they are over. */
import type { TrafficLabels } from "../meter/traffic-series.ts";
import type { Failure } from "./http1-watch.ts";
import type { FlowFacts } from "./observation.ts";
import type { Observer } from "./observer.ts";
import { flagOfRefusal } from "./response-flag.ts";

export interface FlowEnd {
  readonly protocol: "TCP" | "UDP";
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined before there is an endpoint. */
  readonly labels?: TrafficLabels | undefined;
  /** Towards the destination. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Absent where it ended in order. */
  readonly failure?: Failure | undefined;
}

export function watchFlow(observer: Observer, facts: FlowFacts, end: FlowEnd): void {
  if (!observer.isWatching) return;
  const { protocol, startMs, endMs, labels = facts.labels("tcp"), requestBytes, responseBytes, failure } = end;
  const observation = observer.flow(facts, protocol, startMs);
  if (observation === undefined) return;
  if (failure !== undefined) Object.assign(observation, failure);
  const durationMs = endMs - startMs;
  observer.end({ observation, labels, statusCode: 0, grpcStatus: -1, durationMs, requestBytes, responseBytes });
}

/** A connection that was closed before any byte was passed on. */
export function watchRefusal(observer: Observer, facts: FlowFacts, by: string, nowMs: number): void {
  const failure = { flag: flagOfRefusal(by), details: by };
  const nothing = { requestBytes: 0, responseBytes: 0 };
  watchFlow(observer, facts, { protocol: "TCP", startMs: nowMs, endMs: nowMs, failure, ...nothing });
}
