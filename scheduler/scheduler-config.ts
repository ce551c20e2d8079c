import { z } from "zod";
import { defaultLocalityCosts } from "../core/model/locality.ts";
import { profileFlowsLimit } from "../core/model/traffic-profile.ts";
import { localityLatenciesSchema } from "../platform/schema/locality-latencies.ts";
import { gatesConfigSchema, groupPlanConfigSchema } from "./planning/planning-config.ts";
import { pluginNames } from "./plugins/registry.ts";
import { reschedulerConfigSchema } from "./reschedule/rescheduler-config.ts";
import { zeroScores } from "./wire/answers.ts";

const durationMs = z.int().min(1).max(86_400_000);
const cost = (locality: keyof typeof defaultLocalityCosts, meaning: string) =>
  z.number().min(0).max(1_000_000).default(defaultLocalityCosts[locality]).describe(meaning);

/** What `weft scheduler` can be told. */
export const schedulerConfigSchema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").describe("Address to listen on."),
  port: z.int().min(0).max(65_535).default(10_270).describe("Port to listen on; 0 takes any free one."),
  plugin: z.enum(pluginNames).default("locality").describe("How nodes are scored."),
  pollIntervalMs: durationMs.default(5_000).describe("Time between two readings of the flow source."),
  readTimeoutMs: durationMs.default(15_000).describe("A reading that takes longer is given up."),
  halfLifeMs: durationMs.default(60_000).describe("After this long without news a flow's rate counts half."),
  staleAfterMs: durationMs.default(300_000).describe("With telemetry older than this, scores are neutral."),
  flowsMax: z.int().min(1).max(5_000_000).default(200_000).describe("Counters kept; the oldest go first."),
  ignoredBelowBytesPerSecond: z.number().min(0).default(1).describe("Slower exchanges between workloads do not count."),
  costs: z
    .enum(["configured", "measured"])
    .default("configured")
    .describe("Where costs of a byte come from: localityCosts, or the round trips that proxies measure."),
  measuredCosts: z
    .strictObject({
      pairsMin: z
        .int()
        .min(1)
        .max(10_000)
        .default(3)
        .describe(
          "Pairs of nodes that a rack, zone or region needs for a cost of its own; else its locality's counts.",
        ),
      pairsMax: z
        .int()
        .min(1)
        .max(5_000_000)
        .default(100_000)
        .describe("Pairs of nodes whose round trip is kept; the one heard of longest ago goes first."),
      spanMs: durationMs
        .default(600_000)
        .describe("A round trip is the least of this span and the one before; longer where connections are rare."),
      forgottenAfterMs: z
        .int()
        .min(1)
        .max(31_536_000_000)
        .default(86_400_000)
        .describe("A pair of nodes without a new connection for so long is forgotten."),
    })
    .prefault({}),
  localityCosts: z
    .strictObject({
      node: cost("node", "Cost of a byte that stays on its node."),
      rack: cost("rack", "Cost of a byte within a rack."),
      zone: cost("zone", "Cost of a byte within a zone."),
      region: cost("region", "Cost of a byte within a region."),
      other: cost("other", "Cost of a byte between regions, or where nothing is known."),
    })
    .prefault({}),
  linkFilter: z
    .strictObject({
      isEnabled: z
        .boolean()
        .default(false)
        .describe("Filter out nodes whose declared link (`weft.dev/link-bandwidth`) would be overloaded."),
      utilisationMax: z.number().gt(0).max(10).default(1).describe("What part of a link may be used."),
    })
    .prefault({}),
  latencyFilter: z
    .strictObject({
      isEnabled: z
        .boolean()
        .default(false)
        .describe(
          "Filter out nodes through which a chain of the pod's could not keep its latency budget even at best.",
        ),
      localityLatencyMs: localityLatenciesSchema.describe("Where nothing is measured."),
    })
    .prefault({}),
  groupPlan: groupPlanConfigSchema.prefault({}),
  gates: gatesConfigSchema.prefault({}),
  profileIntervalMs: durationMs
    .default(60_000)
    .describe("Time between two rounds in which what is learned is kept in TrafficProfile objects, where it changed."),
  profileHalfLifeMs: z
    .int()
    .min(1)
    .max(31_536_000_000)
    .default(86_400_000)
    .describe("After this long a rate kept in a TrafficProfile counts half."),
  profileFlowsMax: z
    .int()
    .min(1)
    .max(profileFlowsLimit)
    .default(500)
    .describe("Flows kept in the TrafficProfile of each namespace: the largest."),
  assumedTtlMs: durationMs
    .default(30_000)
    .describe("A pod that nobody sees bound is assumed on its best node so long."),
  assumedPodsMax: z.int().min(1).max(1_000_000).default(10_000).describe("More assumed pods are not remembered."),
  events: z
    .strictObject({
      ofPods: z
        .enum(["all", "scored", "off"])
        .default("scored")
        .describe("Which bound pods get an event: all that were asked about, or those with scores."),
      perSecondMax: z.number().min(0.01).max(1_000).default(10).describe("Kubernetes events written in a second."),
      queueLengthMax: z
        .int()
        .min(1)
        .max(100_000)
        .default(1_000)
        .describe("Events that may wait to be written; more are dropped, which a metric counts."),
    })
    .prefault({}),
  rescheduler: reschedulerConfigSchema.prefault({}),
  extenderWeight: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe("Weight of this extender in kube-scheduler's configuration; only for what explanations say."),
  zeroScores: z
    .enum(zeroScores)
    .default("listed")
    .describe("Whether answers name nodes that score 0. kube-scheduler does not need them, and has less to read."),
  decisionsMax: z.int().min(1).max(10_000).default(200).describe("Pods whose latest decision can be explained."),
  bodyBytesMax: z
    .int()
    .min(1_024)
    .max(2 ** 30)
    .default(32 * 2 ** 20)
    .describe("Larger requests are refused with 413. With whole nodes a request has about 20 kB for each."),
  drainMsMax: durationMs.default(5_000).describe("How long requests may go on after the stop."),
});

export type SchedulerConfig = z.output<typeof schedulerConfigSchema>;
