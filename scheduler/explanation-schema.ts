/** The part of an explanation that `weft explain` prints, as it comes from a scheduler that may be older or newer. */
import { z } from "zod";

const locality = z.looseObject({
  node: z.number(),
  rack: z.number(),
  zone: z.number(),
  region: z.number(),
  other: z.number(),
});

const node = z.looseObject({
  node: z.string(),
  score: z.number(),
  cost: z.number(),
  bytesPerSecondByLocality: locality,
  costs: z.array(z.looseObject({ peer: z.string(), bytesPerSecond: z.number(), cost: z.number(), split: locality })),
  isKnown: z.boolean(),
});

const flow = z.looseObject({
  peer: z.string(),
  bytesPerSecond: z.number(),
  ageMs: z.number().optional(),
  origin: z.string().optional(),
  replicas: z.number(),
  replicasByNode: z.record(z.string(), z.number()),
});

const verdict = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("unscored") }),
  z.looseObject({ kind: z.literal("best"), score: z.number() }),
  z.looseObject({
    kind: z.literal("elsewhere"),
    score: z.number(),
    bestScore: z.number(),
    worthBehindBest: z.number(),
  }),
]);

export const explanationSchema = z.looseObject({
  pod: z.looseObject({ namespace: z.string(), name: z.string(), workload: z.string() }),
  plugin: z.string(),
  worthUnit: z.string(),
  filter: z.looseObject({ nodesTotal: z.number(), rejected: z.record(z.string(), z.string()) }).optional(),
  prioritize: z
    .looseObject({
      ageMs: z.number(),
      telemetryAgeMs: z.number().optional(),
      neutral: z.looseObject({ reason: z.string(), message: z.string() }).optional(),
      assumedNode: z.string().optional(),
      pricing: z
        .looseObject({
          source: z.string(),
          unit: z.string(),
          reason: z.string().optional(),
          ageMs: z.number().optional(),
          pairs: z.number().optional(),
        })
        .optional(),
      flowsTotal: z.number(),
      flows: z.array(flow),
      remarks: z.array(z.string()).optional(),
      nodesTotal: z.number(),
      nodes: z.array(node),
    })
    .optional(),
  outcome: z.discriminatedUnion("state", [
    z.looseObject({ state: z.literal("unseen") }),
    z.looseObject({ state: z.literal("pending") }),
    z.looseObject({ state: z.literal("bound"), node: z.string(), verdict }),
  ]),
});

export type Explanation = z.output<typeof explanationSchema>;
