import type { DelaySample, FlowCounter, FlowReading, HopSample, PathSample } from "../../core/model/flow.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FlowSource } from "../../core/ports/flow-source.ts";

/** A flow source whose counters, delays and paths a test sets; a reading has the clock's time. */
export interface ScriptedFlowSource extends FlowSource {
  counters: readonly FlowCounter[];
  delays: readonly DelaySample[];
  paths: readonly PathSample[];
  hops: readonly HopSample[];
  /** Readings fail while this is set. */
  failure: WeftError | undefined;
  /** Readings never end while this is true, but for their signal. */
  isHanging: boolean;
  readonly readings: number;
}

export function createScriptedFlowSource(clock: Clock): ScriptedFlowSource {
  let readings = 0;
  return {
    name: "scripted",
    counters: [],
    delays: [],
    paths: [],
    hops: [],
    failure: undefined,
    isHanging: false,
    get readings() {
      return readings;
    },
    async read(signal): Promise<FlowReading> {
      readings += 1;
      if (this.isHanging)
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      if (this.failure) throw this.failure;
      const { counters, delays, paths, hops } = this;
      return { atMs: clock.nowMs(), counters, delays, paths, hops };
    },
  };
}

export function unavailable(): WeftError {
  return new WeftError("telemetry-unavailable", "nobody answers");
}
