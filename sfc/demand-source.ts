/** What enters each chain now, as the scheduler has learned it from the proxies' counters. */
import { z } from "zod";
import { askScheduler, type SchedulerOptions } from "./ask-scheduler.ts";

/** Bytes per second in the direction of the chain, by its `namespace/name`. @throws WeftError telemetry-* */
export type DemandSource = (signal: AbortSignal) => Promise<ReadonlyMap<string, number>>;

const rate = z.number().min(0);

const flowsAnswer = z.looseObject({
  chains: z.array(
    z.looseObject({
      chain: z.string().min(1),
      sources: z.array(z.looseObject({ namespace: z.string(), requestBytesPerSecond: rate })),
    }),
  ),
});

/** The telemetry calls a chain by its name alone; its namespace is that of its classifier's pods, where its traffic begins. */
export function schedulerDemand(options: SchedulerOptions): DemandSource {
  return async (signal) => {
    const { chains } = await askScheduler(options, "/v1/flows?flowsMax=1", flowsAnswer, signal);
    const demands = new Map<string, number>();
    for (const { chain, sources } of chains) {
      for (const { namespace, requestBytesPerSecond } of sources) {
        const key = `${namespace}/${chain}`;
        demands.set(key, (demands.get(key) ?? 0) + requestBytesPerSecond);
      }
    }
    return demands;
  };
}
