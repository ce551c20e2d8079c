import { z } from "zod";
import { proofModes } from "../core/model/mesh-snapshot.ts";
import { trustDomainFault, trustDomainUnlessTold } from "../core/model/spiffe-id.ts";
import { localityLatenciesSchema } from "../platform/schema/locality-latencies.ts";

const durationMs = z.int().min(1).max(3_600_000);

/** What `weft control` can be told. */
export const controlConfigSchema = z.strictObject({
  host: z.string().min(1).default("0.0.0.0").describe("Address to listen on."),
  port: z.int().min(0).max(65_535).default(10_280).describe("Port to listen on; 0 takes any free one."),
  debounceMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(50)
    .describe("How long changes of the cluster are gathered before snapshots are built."),
  heartbeatMs: durationMs.default(10_000).describe("Time between the empty lines that show a stream is alive."),
  stallMsMax: durationMs.default(30_000).describe("A proxy that takes nothing for so long is disconnected."),
  proxiesMax: z.int().min(1).max(100_000).default(5_000).describe("More proxies are refused with 503."),
  bodyBytesMax: z.int().min(1_024).max(1_048_576).default(16_384).describe("Larger reports are refused with 413."),
  siteDemandIntervalMs: durationMs
    .default(2_000)
    .describe("Time between two readings of the load of Services that are shared among sites."),
  siteDemandHalfLifeMs: durationMs.default(5_000).describe("After this long what a site's load was counts half."),
  siteDemandChange: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("A load has moved when it differs by more than this part from what weights were made for."),
  siteDelays: z
    .enum(["configured", "measured"])
    .default("configured")
    .describe("Where delays between sites come from: localityLatencyMs, or the round trips that proxies measure."),
  localityLatencyMs: localityLatenciesSchema,
  proofOfTransit: z
    .enum(["Off", ...proofModes])
    .default("Off")
    .describe(
      "Whether flows prove by which functions of their chain they came; without it they are counted, or refused too.",
    ),
  proofSecretFile: z
    .string()
    .min(1)
    .optional()
    .describe("What the keys of such proofs are made of: a file of 32 bytes or more, the same for every replica."),
  trustDomain: z
    .string()
    .refine((text) => trustDomainFault(text) === undefined, { error: "must be a SPIFFE trust domain" })
    .default(trustDomainUnlessTold)
    .describe("Trust domain of the SPIFFE ids that pods' certificates name."),
  drainMsMax: durationMs.default(5_000).describe("How long requests may go on after the stop."),
});

export type ControlConfig = z.infer<typeof controlConfigSchema>;
