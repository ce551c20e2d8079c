import { z } from "zod";
import { type Measurement, serviceIndexMax } from "../../core/model/chain.ts";
import { objectName } from "./scalars.ts";

const double = z.number().min(0).meta({ format: "double" });

/** What the solver promises of a split. */
export const prediction = z.strictObject({
  maxUtilisation: double.describe("Largest utilisation of any link or instance; 1 is full."),
  lowerBound: double.describe(
    "No split can do better than this; the gap to maxUtilisation is the most there is to gain.",
  ),
  demandBytesPerSecond: double.describe("The demand for which the split was made."),
});

const hopLatency = z.strictObject({
  serviceIndex: z
    .int()
    .min(0)
    .max(serviceIndexMax)
    .meta({ format: "int32" })
    .describe("With which traffic arrives at the hop: 0 at the destination."),
  function: objectName.optional().describe("The ServiceFunction; absent at the destination."),
  functionMs: double.optional().describe("Mean time that the function itself takes, towards the destination."),
  answerMs: double
    .optional()
    .describe("Mean time from a request's head until its response was passed back whole: all that is behind the hop."),
});

const pathLatency = z.strictObject({
  answerMs: double.optional().describe("The same at the classifier: all of the path, both ways."),
  hops: z
    .array(hopLatency)
    .max(serviceIndexMax + 1)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe("From the first on; those of which nothing was timed are left out."),
});

/** What is measured of a chain's traffic. */
export const measurement = z.strictObject({
  demandBytesPerSecond: double.describe("What enters the chain."),
  maxUtilisation: double.describe("Largest utilisation of any link or instance by what was measured of all chains."),
  latency: pathLatency.optional().describe("Means of late, in milliseconds."),
});

/** As JSON has it: what is undefined is absent. */
export function measurementObject({ latency, ...rest }: Measurement): z.input<typeof measurement> {
  if (latency === undefined) return rest;
  const { answerMs, hops } = latency;
  const hopObjects = hops.map(({ serviceIndex, function: name, functionMs, answerMs: ofHop }) => ({
    serviceIndex,
    ...(name !== undefined && { function: name }),
    ...(functionMs !== undefined && { functionMs }),
    ...(ofHop !== undefined && { answerMs: ofHop }),
  }));
  return { ...rest, latency: { ...(answerMs !== undefined && { answerMs }), hops: hopObjects } };
}

/** The other way round. */
export function measurementOf({ latency, ...rest }: z.output<typeof measurement>): Measurement {
  if (latency === undefined) return rest;
  const hops = latency.hops.map(({ serviceIndex, function: name, functionMs, answerMs }) => {
    return { serviceIndex, function: name, functionMs, answerMs };
  });
  return { ...rest, latency: { answerMs: latency.answerMs, hops } };
}
