/** How traffic fares on each path of late, as the classifiers' proxies have told the scheduler. */
import { z } from "zod";
import { spiMax } from "../core/model/chain.ts";
import { askScheduler, type SchedulerOptions } from "./ask-scheduler.ts";
import type { PathReport } from "./controller/path-watch.ts";

/** @throws WeftError telemetry-* */
export type PathSource = (signal: AbortSignal) => Promise<readonly PathReport[]>;

const count = z.int().min(0);

const pathsAnswer = z.looseObject({
  paths: z.array(
    z
      .looseObject({ spi: z.int().min(1).max(spiMax), attempts: count, failures: count, lastAtMs: z.number() })
      .refine(({ attempts, failures }) => failures <= attempts, { error: "has more failures than attempts" }),
  ),
});

export function schedulerPaths(options: SchedulerOptions): PathSource {
  return async (signal) => (await askScheduler(options, "/v1/paths", pathsAnswer, signal)).paths;
}
