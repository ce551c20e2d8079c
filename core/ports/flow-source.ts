import type { FlowReading } from "../model/flow.ts";

/** Where byte counters come from: Prometheus, or the proxies themselves. One contract suite holds for every adapter. */
export interface FlowSource {
  /** How explanations and metrics call it. */
  readonly name: string;
  /**
   * Reads every counter once. Each flow is counted by one reporter (the destination's proxy); ends called "unknown" are left out.
   * @throws WeftError telemetry-unavailable when nothing answers, telemetry-malformed when what answers is not metrics.
   */
  read(signal: AbortSignal): Promise<FlowReading>;
}
