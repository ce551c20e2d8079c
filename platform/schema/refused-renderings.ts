/** Paths of a chain that were taken back, as its status keeps them. */
import { z } from "zod";
import { type RefusedRendering, refusedRenderingsMax, spiMax } from "../../core/model/chain.ts";
import { rfc3339 } from "../../core/model/condition.ts";
import { timestamp } from "./scalars.ts";

const MESSAGE_LENGTH_MAX = 1024;
const RENDERING_LENGTH_MAX = 64;
const TIMES_MAX = 1_000_000;

const refusedRendering = z.strictObject({
  spi: z.int().min(1).max(spiMax).meta({ format: "int32" }).describe("Of the path that was taken back."),
  rendering: z
    .string()
    .min(1)
    .max(RENDERING_LENGTH_MAX)
    .describe("Stands for the chain's generation, functions, instances and classifiers' nodes."),
  times: z.int().min(1).max(TIMES_MAX).meta({ format: "int32" }).describe("How often it has been taken back."),
  until: timestamp.describe("It is not tried again before."),
  message: z.string().max(MESSAGE_LENGTH_MAX).describe("Why, with figures."),
});

export const refusedRenderings = z
  .array(refusedRendering)
  .max(refusedRenderingsMax)
  .meta({ "x-kubernetes-list-type": "atomic" });

export function refusedOf(read: z.output<typeof refusedRenderings>): readonly RefusedRendering[] {
  return read.map(({ until, ...refused }) => ({ ...refused, untilMs: Date.parse(until) }));
}

export function refusedObjects(refused: readonly RefusedRendering[]): z.input<typeof refusedRenderings> {
  return refused.map(({ untilMs, ...rest }) => ({ ...rest, until: rfc3339(untilMs) }));
}
