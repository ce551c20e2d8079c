import { z } from "zod";
import { imageLengthMax } from "../../core/model/image-name.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { type ProfileFlow, profileFlowsLimit, type TrafficProfile } from "../../core/model/traffic-profile.ts";
import { parseWith } from "./parse-with.ts";
import { resourceObject, type WrittenObject, weftApiVersion } from "./resource-object.ts";
import { objectName, timestamp } from "./scalars.ts";

/** A namespace has one profile. */
export const trafficProfileName = "learned";

const rate = z
  .int()
  .min(0)
  .max(10 ** 15)
  .meta({ format: "int64" });

const image = z.string().min(1).max(imageLengthMax).optional();

const flow = z.strictObject({
  source: objectName.describe("A workload of the profile's namespace."),
  destinationNamespace: objectName.describe("Namespace of the workload that it talks to."),
  destination: objectName.describe("The workload that it talks to."),
  requestBytesPerSecond: rate.describe("From the source to the destination: the highest of late."),
  responseBytesPerSecond: rate.describe("Back."),
  lastSeen: timestamp.describe("When these rates were measured; older ones count less."),
  sourceImage: image.describe(
    "What the source's pods ran, as last seen: a workload that runs it later is expected to talk alike.",
  ),
  destinationImage: image.describe("What the destination's pods ran."),
});

export const trafficProfileSpec = z.strictObject({
  flows: z
    .array(flow)
    .max(profileFlowsLimit)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe("Largest first; what does not fit is left out."),
});

const schema = resourceObject("TrafficProfile", trafficProfileSpec).transform(
  ({ metadata, spec }): TrafficProfile => ({
    namespace: metadata.namespace,
    flows: spec.flows.map(({ lastSeen, ...rest }) => ({ ...rest, lastAtMs: Date.parse(lastSeen) })),
  }),
);

export function parseTrafficProfile(object: unknown): Parsed<TrafficProfile> {
  return parseWith(schema, object);
}

/** The object as a client would create it. */
export function trafficProfileObject({ namespace, flows }: TrafficProfile): WrittenObject {
  const spec: z.input<typeof trafficProfileSpec> = { flows: flows.slice(0, profileFlowsLimit).map(writtenFlow) };
  return {
    apiVersion: weftApiVersion,
    kind: "TrafficProfile",
    metadata: { namespace, name: trafficProfileName },
    spec,
  };
}

function writtenFlow({ lastAtMs, ...rest }: ProfileFlow): z.input<typeof flow> {
  return {
    ...rest,
    requestBytesPerSecond: Math.round(rest.requestBytesPerSecond),
    responseBytesPerSecond: Math.round(rest.responseBytesPerSecond),
    lastSeen: new Date(lastAtMs).toISOString(),
  };
}
