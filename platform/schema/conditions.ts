import { z } from "zod";

const CONDITIONS_MAX = 16;
const MESSAGE_LENGTH_MAX = 32_768;
const REASON_LENGTH_MAX = 1024;
const TYPE_LENGTH_MAX = 316;

const condition = z.object({
  type: z.string().min(1).max(TYPE_LENGTH_MAX).describe("What the condition is about, such as Accepted."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  reason: z.string().min(1).max(REASON_LENGTH_MAX).describe("One CamelCase word for machines."),
  message: z.string().max(MESSAGE_LENGTH_MAX).describe("A sentence for people."),
  observedGeneration: z.int().min(0).meta({ format: "int64" }).describe("The generation that was looked at."),
  lastTransitionTime: z.string().meta({ format: "date-time" }).describe("When the status last changed."),
});

/** A list that the API server merges by `type`. */
export const conditions = z
  .array(condition)
  .max(CONDITIONS_MAX)
  .describe("What is so, each with the generation that was looked at.")
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] });

export const observedGeneration = z
  .int()
  .min(0)
  .meta({ format: "int64" })
  .describe("The generation of the spec that this status speaks of.");
