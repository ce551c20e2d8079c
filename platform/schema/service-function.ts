import { z } from "zod";
import { failurePolicies, functionModes, type ServiceFunction } from "../../core/model/chain.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { streamProtocols } from "../../core/model/service.ts";
import { byteRate } from "./byte-rate.ts";
import { conditions, observedGeneration } from "./conditions.ts";
import { parseWith } from "./parse-with.ts";
import { resourceObject, type WrittenObject, weftApiVersion } from "./resource-object.ts";
import { ruled } from "./ruled.ts";
import { labels, portNumber } from "./scalars.ts";

const DELAY_MS_MAX = 60_000;
const SCALING_MAX = 1000;

export const matchLabels = ruled(labels.describe("Labels that a pod must all have; at least one."), {
  cel: "self.size() > 0",
  message: "must name at least one label",
  holds: (all) => Object.keys(all).length > 0,
});

export const podSelector = z.strictObject({ matchLabels });

const spec = z.strictObject({
  selector: podSelector.describe("Which pods of the namespace are instances."),
  port: portNumber
    .meta({ format: "int32" })
    .describe("TCP port on which an instance takes a flow's bytes from its forwarder and gives them back."),
  protocol: z.enum(streamProtocols).default("tcp").describe("What the function understands of the bytes."),
  proxyProtocol: z
    .boolean()
    .default(false)
    .describe(
      "The forwarder opens each connection with a PROXY protocol v2 header that names the flow, and its place on its path.",
    ),
  reclassifies: z
    .boolean()
    .optional()
    .describe(
      "The function says on which path traffic goes on, its own or one of the chain's branches: with a PROXY protocol v2 header before what it gives back or opens onward, or of HTTP/1.1 with weft-nsh on a request.",
    ),
  capacity: z
    .strictObject({ bytesPerSecond: byteRate.describe("Bytes per second, a whole number or a quantity such as 125M.") })
    .optional()
    .describe("What one instance can take in; unlimited if absent."),
  scaling: z
    .number()
    .positive()
    .max(SCALING_MAX)
    .meta({ format: "double" })
    .default(1)
    .describe("Bytes out per byte in."),
  processingDelayMs: z
    .number()
    .min(0)
    .max(DELAY_MS_MAX)
    .meta({ format: "double" })
    .default(0)
    .describe("Time an instance adds, in milliseconds."),
  failurePolicy: z
    .enum(failurePolicies)
    .default("Block")
    .describe(
      "When no instance is left: Bypass sends traffic around the function, Block stops it. Means nothing in mode Tap.",
    ),
  mode: z
    .enum(functionModes)
    .default("Forward")
    .describe(
      "Forward passes traffic through the function; Tap sends it a copy, waits for nothing, and ignores what it answers; Terminate ends flows at the function, which opens connections of its own at port 15009 of its loopback.",
    ),
});

export const serviceFunctionSpec = ruled(
  spec,
  {
    cel: "!(has(self.reclassifies) && self.reclassifies) && self.mode != 'Terminate' || self.proxyProtocol",
    message: "reclassifies and mode Terminate need proxyProtocol",
    holds: ({ reclassifies, proxyProtocol, mode }) => (reclassifies !== true && mode !== "Terminate") || proxyProtocol,
  },
  {
    cel: "!(has(self.reclassifies) && self.reclassifies) || self.mode != 'Tap'",
    message: "reclassifies excludes mode Tap",
    holds: ({ reclassifies, mode }) => reclassifies !== true || mode !== "Tap",
  },
);

export const serviceFunctionStatus = z.strictObject({
  observedGeneration: observedGeneration.optional(),
  conditions: conditions.optional(),
});

const schema = resourceObject("ServiceFunction", serviceFunctionSpec).transform(
  ({ metadata, spec }): ServiceFunction => ({
    namespace: metadata.namespace,
    name: metadata.name,
    generation: metadata.generation,
    selector: spec.selector.matchLabels,
    port: spec.port,
    protocol: spec.protocol,
    hasProxyProtocol: spec.proxyProtocol,
    capacityBytesPerSecond: spec.capacity?.bytesPerSecond,
    scaling: spec.scaling,
    processingDelayMs: spec.processingDelayMs,
    failurePolicy: spec.failurePolicy,
    mode: spec.mode,
    ...(spec.reclassifies === true && { isReclassifying: true }),
  }),
);

export function parseServiceFunction(object: unknown): Parsed<ServiceFunction> {
  return parseWith(schema, object);
}

/** The object as a client would create it. */
export function serviceFunctionObject(value: ServiceFunction): WrittenObject {
  const spec: z.input<typeof serviceFunctionSpec> = {
    selector: { matchLabels: { ...value.selector } },
    port: value.port,
    protocol: value.protocol,
    proxyProtocol: value.hasProxyProtocol,
    ...(value.capacityBytesPerSecond !== undefined && {
      capacity: { bytesPerSecond: Math.max(1, Math.round(value.capacityBytesPerSecond)) },
    }),
    scaling: value.scaling,
    processingDelayMs: value.processingDelayMs,
    failurePolicy: value.failurePolicy,
    mode: value.mode,
    ...(value.isReclassifying === true && { reclassifies: true }),
  };
  const { namespace, name } = value;
  return { apiVersion: weftApiVersion, kind: "ServiceFunction", metadata: { namespace, name }, spec };
}
