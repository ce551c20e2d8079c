/** Functions of a chain that have no ready instance, as its status has them. */
import { z } from "zod";
import { type FunctionOutage, outageEffects, serviceIndexMax } from "../../core/model/chain.ts";
import { rfc3339 } from "../../core/model/condition.ts";
import { objectName, timestamp } from "./scalars.ts";

const functionOutage = z.strictObject({
  function: objectName.describe("The ServiceFunction."),
  effect: z
    .enum(outageEffects)
    .describe("Bypassed: traffic goes around it; Blocking: traffic is stopped; as its failure policy says."),
  since: timestamp.describe("Since when."),
});

export const functionOutages = z
  .array(functionOutage)
  .max(serviceIndexMax)
  .meta({ "x-kubernetes-list-type": "atomic" });

export function outagesOf(read: z.output<typeof functionOutages>): readonly FunctionOutage[] {
  return read.map(({ since, ...outage }) => ({ ...outage, sinceMs: Date.parse(since) }));
}

export function outageObjects(outages: readonly FunctionOutage[]): z.input<typeof functionOutages> {
  return outages.map(({ sinceMs, ...rest }) => ({ ...rest, since: rfc3339(sinceMs) }));
}
