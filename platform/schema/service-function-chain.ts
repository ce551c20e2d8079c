import { z } from "zod";
import { chainBranchesMax, type ServiceFunctionChain, serviceIndexMax } from "../../core/model/chain.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { byteRate } from "./byte-rate.ts";
import { branch, branchObject, branchOf } from "./chain-branch.ts";
import { classifier, classifierObject, classifierOf } from "./chain-classifier.ts";
import { chainStatus } from "./chain-status.ts";
import { parseWith } from "./parse-with.ts";
import { refusedOf, refusedRenderings } from "./refused-renderings.ts";
import { resourceObject, type WrittenObject, weftApiVersion } from "./resource-object.ts";
import { ruled } from "./ruled.ts";
import { objectName } from "./scalars.ts";

const PRIORITY_MAX = 1_000_000;
const BUDGET_MS_MAX = 3_600_000;

const functions = ruled(
  z
    .array(objectName)
    .min(1, { error: "must name at least one ServiceFunction" })
    .max(serviceIndexMax, {
      error: `must name at most ${serviceIndexMax} ServiceFunctions, as many as service indices`,
    })
    .describe("Names of ServiceFunctions of the same namespace, in the order in which traffic passes them.")
    .meta({ "x-kubernetes-list-type": "atomic" }),
  {
    cel: "self.all(name, self.exists_one(other, other == name))",
    message: "must not name a ServiceFunction twice, which would be a loop",
    holds: (names) => new Set(names).size === names.length,
  },
);

const spec = z.strictObject({
  classifier: classifier.describe("Which traffic passes the chain."),
  functions,
  branches: z
    .array(branch)
    .max(chainBranchesMax)
    .optional()
    .describe("Where traffic leaves the chain for another; the first that takes it counts.")
    .meta({ "x-kubernetes-list-type": "atomic" }),
  symmetric: z
    .boolean()
    .default(false)
    .describe("Return traffic passes the same instances in reverse; otherwise it goes around them."),
  demand: z
    .strictObject({ bytesPerSecond: byteRate.describe("Bytes per second, a whole number or a quantity such as 125M.") })
    .optional()
    .describe("Declared demand in the direction of the chain; measured only if absent."),
  latencyBudgetMs: z
    .number()
    .positive()
    .max(BUDGET_MS_MAX)
    .meta({ format: "double" })
    .optional()
    .describe("Most that links and functions may add, in milliseconds; what cannot keep within it is left out."),
  priority: z
    .int()
    .min(0)
    .max(PRIORITY_MAX)
    .meta({ format: "int32" })
    .default(0)
    .describe(
      "Where two chains classify the same traffic the higher one takes it; of equals the more specific, then the first by name.",
    ),
});

export const serviceFunctionChainSpec = ruled(spec, {
  cel: "!has(self.branches) || self.branches.all(branch, branch.after in self.functions)",
  message: "branches must be after functions of the chain",
  holds: ({ functions: names, branches = [] }) => branches.every(({ after }) => names.includes(after)),
});

const schema = resourceObject("ServiceFunctionChain", serviceFunctionChainSpec).transform(
  ({ metadata, spec, status }): ServiceFunctionChain => ({
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation,
    classifier: classifierOf(spec.classifier),
    functions: spec.functions,
    ...(spec.branches && { branches: spec.branches.map(branchOf) }),
    isSymmetric: spec.symmetric,
    demandBytesPerSecond: spec.demand?.bytesPerSecond,
    latencyBudgetMs: spec.latencyBudgetMs,
    priority: spec.priority,
    ...rememberedIn(status),
  }),
);

const memory = z.looseObject({ refused: refusedRenderings });

/** A chain whose status cannot be read is a chain all the same. */
function rememberedIn(status: unknown): Pick<ServiceFunctionChain, "refused"> {
  const read = memory.safeParse(status);
  return read.success ? { refused: refusedOf(read.data.refused) } : {};
}

export const serviceFunctionChainStatus = chainStatus;

export function parseServiceFunctionChain(object: unknown): Parsed<ServiceFunctionChain> {
  return parseWith(schema, object);
}

/** The object as a client would create it. */
export function serviceFunctionChainObject(value: ServiceFunctionChain): WrittenObject {
  const { demandBytesPerSecond, latencyBudgetMs, namespace, name } = value;
  const spec: z.input<typeof serviceFunctionChainSpec> = {
    classifier: classifierObject(value.classifier),
    functions: [...value.functions],
    ...(value.branches && { branches: value.branches.map(branchObject) }),
    symmetric: value.isSymmetric,
    ...(demandBytesPerSecond !== undefined && {
      demand: { bytesPerSecond: Math.max(1, Math.round(demandBytesPerSecond)) },
    }),
    ...(latencyBudgetMs !== undefined && { latencyBudgetMs }),
    priority: value.priority,
  };
  return { apiVersion: weftApiVersion, kind: "ServiceFunctionChain", metadata: { namespace, name }, spec };
}
