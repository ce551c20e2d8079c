import { z } from "zod";
import { hopWeightSum, type ServiceFunctionPath, serviceIndexMax, spiMax } from "../../core/model/chain.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { conditions, observedGeneration } from "./conditions.ts";
import { parseWith } from "./parse-with.ts";
import { prediction } from "./prediction.ts";
import { resourceObject, type WrittenObject, weftApiVersion } from "./resource-object.ts";
import { ruled } from "./ruled.ts";
import { objectName } from "./scalars.ts";

/** Keeps an object below the 1.5 MB that etcd takes. */
const HOP_WEIGHTS_MAX = 10_000;

const hopWeight = z.strictObject({
  from: objectName.describe("A node's name on the first hop, a pod's on later ones."),
  to: objectName.describe("The pod's name."),
  weight: z.int().min(0).max(hopWeightSum).meta({ format: "int32" }).describe("Part of 10,000 of what leaves from."),
});

const hop = z.strictObject({
  serviceIndex: z
    .int()
    .min(0)
    .max(serviceIndexMax)
    .meta({ format: "int32" })
    .describe("With which traffic arrives at this hop: counts down to 0 at the destination."),
  function: objectName.optional().describe("The ServiceFunction; absent at the destination."),
  weights: z
    .array(hopWeight)
    .max(HOP_WEIGHTS_MAX)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe("How traffic is split; for one from the weights sum to 10,000."),
});

const hops = z
  .array(hop)
  .min(1)
  .max(serviceIndexMax + 1)
  .meta({ "x-kubernetes-list-type": "atomic" })
  .describe("In order; the last one is the destination Service.");

export const serviceFunctionPathSpec = ruled(
  z.strictObject({
    chain: objectName.describe("The ServiceFunctionChain that this is a version of."),
    chainGeneration: z.int().min(0).meta({ format: "int64" }).describe("The chain's generation that was rendered."),
    spi: z
      .int()
      .min(1)
      .max(spiMax)
      .meta({ format: "int32" })
      .describe("Service path identifier, 1 to 2^24 - 1 (RFC 8300, section 2.3)."),
    active: z
      .boolean()
      .default(false)
      .describe("Classifiers put new flows on it; live flows stay on an inactive path until it is deleted."),
    symmetric: z.boolean().default(false).describe("Return traffic passes the same instances in reverse."),
    hops,
    prediction: prediction.describe("What the solver promises of this split."),
  }),
  {
    cel: [
      "self.chain == oldSelf.chain",
      "self.chainGeneration == oldSelf.chainGeneration",
      "self.spi == oldSelf.spi",
      "self.symmetric == oldSelf.symmetric",
      "self.hops == oldSelf.hops",
      "self.prediction == oldSelf.prediction",
    ].join(" && "),
    message: "a path is never edited but for active: a new version gets a new SPI",
  },
);

export const serviceFunctionPathStatus = z.strictObject({
  observedGeneration: observedGeneration.optional(),
  conditions: conditions.optional(),
});

const schema = resourceObject("ServiceFunctionPath", serviceFunctionPathSpec).transform(
  ({ metadata, spec }): ServiceFunctionPath => ({
    namespace: metadata.namespace,
    name: metadata.name,
    chain: spec.chain,
    chainGeneration: spec.chainGeneration,
    spi: spec.spi,
    isActive: spec.active,
    isSymmetric: spec.symmetric,
    hops: spec.hops.map((one) => ({ ...one, function: one.function })),
    prediction: spec.prediction,
  }),
);

export function parseServiceFunctionPath(object: unknown): Parsed<ServiceFunctionPath> {
  return parseWith(schema, object);
}

/** The object as the chain controller creates it; the writer adds its owner. */
export function serviceFunctionPathObject(path: ServiceFunctionPath): WrittenObject {
  const spec: z.input<typeof serviceFunctionPathSpec> = {
    chain: path.chain,
    chainGeneration: path.chainGeneration,
    spi: path.spi,
    active: path.isActive,
    symmetric: path.isSymmetric,
    hops: path.hops.map(({ serviceIndex, function: name, weights }) => ({
      serviceIndex,
      ...(name !== undefined && { function: name }),
      weights: weights.map((weight) => ({ ...weight })),
    })),
    prediction: { ...path.prediction },
  };
  const metadata = { namespace: path.namespace, name: path.name, labels: { [chainLabel]: labelOf(path.chain) } };
  return { apiVersion: weftApiVersion, kind: "ServiceFunctionPath", metadata, spec };
}

/** On each path: its chain, for `kubectl get sfp -l`. */
const chainLabel = "weft.dev/chain";

/** A label holds 63 characters where a name may have 253. */
function labelOf(name: string): string {
  return name.slice(0, 63).replace(/[^a-z0-9]+$/, "");
}
