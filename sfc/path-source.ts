/** How traffic fares on each path of late, and how long its hops take, as proxies have told the scheduler. */
import { z } from "zod";
import { serviceIndexMax, spiMax } from "../core/model/chain.ts";
import { askScheduler, type SchedulerOptions } from "./ask-scheduler.ts";
import type { PathTiming } from "./controller/measured/path-times.ts";
import type { PathTrials } from "./controller/rollback/path-watch.ts";

export type PathReport = PathTrials & PathTiming;

/** @throws WeftError telemetry-* */
export type PathSource = (signal: AbortSignal) => Promise<readonly PathReport[]>;

const count = z.int().min(0);
const meanMs = z.number().min(0).optional();
const hop = z.looseObject({
  serviceIndex: z.int().min(0).max(serviceIndexMax),
  functionMs: meanMs,
  answerMs: meanMs,
});

const pathsAnswer = z.looseObject({
  paths: z.array(
    z
      .looseObject({
        spi: z.int().min(1).max(spiMax),
        attempts: count,
        failures: count,
        lastAtMs: z.number(),
        answerMs: meanMs,
        hops: z.array(hop),
      })
      .refine(({ attempts, failures }) => failures <= attempts, { error: "has more failures than attempts" }),
  ),
});

export function schedulerPaths(options: SchedulerOptions): PathSource {
  return async (signal) => (await askScheduler(options, "/v1/paths", pathsAnswer, signal)).paths;
}
