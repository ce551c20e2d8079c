/** The status of a ServiceFunctionChain, which the chain controller alone writes. */
import { z } from "zod";
import { spiMax } from "../../core/model/chain.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import type { ChainStatus } from "../../core/ports/chain-writer.ts";
import { conditions, observedGeneration } from "./conditions.ts";
import { functionOutages, outageObjects, outagesOf } from "./function-outages.ts";
import { parseWith } from "./parse-with.ts";
import { measurement, measurementObject, measurementOf, prediction } from "./prediction.ts";
import { refusedObjects, refusedOf, refusedRenderings } from "./refused-renderings.ts";

export const chainStatus = z.strictObject({
  observedGeneration: observedGeneration.optional(),
  conditions: conditions.optional(),
  spi: z
    .int()
    .min(1)
    .max(spiMax)
    .meta({ format: "int32" })
    .optional()
    .describe("Service path identifier of the active path (RFC 8300)."),
  prediction: prediction.optional().describe("What the solver promises of the active path."),
  measured: measurement.optional().describe("What is measured of its traffic."),
  outages: functionOutages.optional().describe("Functions that have no ready instance."),
  refused: refusedRenderings
    .optional()
    .describe("Paths that were taken back because errors rose on them, and are not tried again at once."),
});

const schema = z.looseObject({ status: chainStatus.optional() }).transform(
  ({ status }): ChainStatus => ({
    observedGeneration: status?.observedGeneration ?? 0,
    conditions: status?.conditions ?? [],
    spi: status?.spi,
    prediction: status?.prediction,
    measured: status?.measured && measurementOf(status.measured),
    outages: status?.outages && outagesOf(status.outages),
    refused: status?.refused && refusedOf(status.refused),
  }),
);

/** Reads the status of a whole ServiceFunctionChain object; one without a status has observed generation 0. */
export function parseChainStatus(object: unknown): Parsed<ChainStatus> {
  return parseWith(schema, object);
}

/** What goes under `status` of the object. */
export function chainStatusObject(status: ChainStatus): z.input<typeof chainStatus> {
  return {
    observedGeneration: status.observedGeneration,
    conditions: status.conditions.map((condition) => ({ ...condition })),
    ...(status.spi !== undefined && { spi: status.spi }),
    ...(status.prediction !== undefined && { prediction: { ...status.prediction } }),
    ...(status.measured !== undefined && { measured: measurementObject(status.measured) }),
    ...(status.outages !== undefined && { outages: outageObjects(status.outages) }),
    ...(status.refused !== undefined && { refused: refusedObjects(status.refused) }),
  };
}
