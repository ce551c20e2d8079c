/** How far nodes are from each other, as the proxies' connect times have told the scheduler. */
import { z } from "zod";
import type { MeasuredPair } from "../core/graph/delay-table.ts";
import { askScheduler, type SchedulerOptions } from "./ask-scheduler.ts";

/** @throws WeftError telemetry-* */
export type DelaySource = (signal: AbortSignal) => Promise<readonly MeasuredPair[]>;

const nodeName = z.string().min(1);

const delaysAnswer = z.looseObject({
  pairs: z.array(z.looseObject({ a: nodeName, b: nodeName, roundTripMs: z.number().positive(), lastAtMs: z.number() })),
});

export function schedulerDelays(options: SchedulerOptions): DelaySource {
  return async (signal) => (await askScheduler(options, "/v1/delays", delaysAnswer, signal)).pairs;
}
