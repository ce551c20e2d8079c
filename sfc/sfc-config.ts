import { z } from "zod";
import { localityLatenciesSchema } from "../platform/schema/locality-latencies.ts";

const durationMs = z.int().min(1).max(3_600_000);
const part = (fallback: number, meaning: string) => z.number().min(0).max(10).default(fallback).describe(meaning);

/** What `weft sfc` can be told. */
export const sfcConfigSchema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").describe("Address to listen on."),
  port: z.int().min(0).max(65_535).default(10_290).describe("Port to listen on; 0 takes any free one."),
  schedulerUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("The scheduler's address, such as http://weft-scheduler:10270, whose flows are the measured demand."),
  demandIntervalMs: durationMs.default(5_000).describe("Time between two questions for the demand."),
  demandTimeoutMs: durationMs.default(5_000).describe("How long an answer may take."),
  unknownDemandBytesPerSecond: z
    .number()
    .positive()
    .default(1_000)
    .describe("Demand of a chain for which none is declared and none measured yet."),
  demandChange: part(0.2, "A demand has moved when it differs by more than this part from what its path was made for."),
  gain: part(0.05, "Then paths change if the largest utilisation falls by more than this part."),
  variablesMax: z
    .int()
    .min(1)
    .max(20_000)
    .default(1_000)
    .describe("Larger programs are split by the gradient solver; the exact one holds everything up meanwhile."),
  splitMsMax: durationMs.default(5_000).describe("How long the gradient solver may search; then what it has counts."),
  rollback: z
    .strictObject({
      isEnabled: z
        .boolean()
        .default(true)
        .describe(
          "Take a new path back when more fails on it than on the one before, while that is there to compare with.",
        ),
      attemptsMin: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(20)
        .describe("Requests and flows that both paths need before anything is said of them."),
      errorRise: z.number().min(0).max(1).default(0.02).describe("By what part of the attempts more must fail."),
      significance: z
        .number()
        .gt(0)
        .max(0.1)
        .default(0.0001)
        .describe("And how unlikely chance must be: the p-value of Fisher's exact test is below this."),
      readingsMin: z.int().min(1).max(100).default(2).describe("Measurements in a row that must say so."),
      backoffMs: durationMs
        .default(300_000)
        .describe("What was taken back is not tried again for so long; doubles each time, up to 16 times."),
    })
    .prefault({}),
  latencies: z
    .enum(["configured", "measured"])
    .default("configured")
    .describe("Where latencies of links come from: localityLatencyMs, or the round trips that proxies measure."),
  measuredLatencies: z
    .strictObject({
      intervalMs: durationMs.default(30_000).describe("Time between two questions for the round trips."),
      pairsMin: z
        .int()
        .min(1)
        .max(10_000)
        .default(3)
        .describe(
          "Pairs of nodes that a rack, zone or region needs for a latency of its own; else its locality's counts.",
        ),
      latencyChange: part(
        0.1,
        "Latencies have moved when one differs by more than this part; until then the last count.",
      ),
    })
    .prefault({}),
  localityLatencyMs: localityLatenciesSchema.describe("Where nothing is measured, or nothing is to be."),
  debounceMs: z.int().min(0).max(60_000).default(200).describe("How long changes of the cluster are gathered."),
  activationDelayMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(2_000)
    .describe("How long a new path is known to its proxies before traffic is put on it."),
  drainMs: z.int().min(0).max(86_400_000).default(60_000).describe("How long flows may stay on an old path."),
  retryMs: durationMs.default(1_000).describe("Wait after a failed write; doubles with each failure, up to 30 times."),
  drainMsMax: durationMs.default(5_000).describe("How long requests may go on after the stop."),
});

export type SfcConfig = z.output<typeof sfcConfigSchema>;
export type SfcConfigInput = z.input<typeof sfcConfigSchema>;
