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
  costOfOthers: z.number().optional(),
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

const planSchema = z.looseObject({
  node: z.string(),
  group: z.string(),
  pods: z.number(),
  ageMs: z.number(),
  message: z.string().optional(),
  objective: z.looseObject({ planned: z.number(), oneByOne: z.number() }).optional(),
});

export const explanationSchema = z.looseObject({
  pod: z.looseObject({ namespace: z.string(), name: z.string(), workload: z.string() }),
  plugin: z.string(),
  worthUnit: z.string(),
  filter: z
    .looseObject({
      nodesTotal: z.number(),
      rejected: z.record(z.string(), z.string()),
      plan: planSchema.optional(),
    })
    .optional(),
  prioritize: z
    .looseObject({
      ageMs: z.number(),
      telemetryAgeMs: z.number().optional(),
      neutral: z.looseObject({ reason: z.string(), message: z.string() }).optional(),
      intended: z.looseObject({ node: z.string(), why: z.string() }).optional(),
      anchor: z.looseObject({ node: z.string(), beside: z.string().optional() }).optional(),
      plan: planSchema.optional(),
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
      replicas: z.looseObject({ replicas: z.number(), replicasByNode: z.record(z.string(), z.number()) }).optional(),
      splitAssumed: z.string().optional(),
      why: z.looseObject({ text: z.string() }).optional(),
      flowsTotal: z.number(),
      flows: z.array(flow),
      remarks: z.array(z.string()).optional(),
      nodesTotal: z.number(),
      nodes: z.array(node),
    })
    .optional(),
  bind: z.looseObject({ node: z.string(), error: z.string() }).optional(),
  outcome: z.looseObject({ state: z.string(), text: z.string().optional() }),
});

export type Explanation = z.output<typeof explanationSchema>;
