/** The CustomResourceDefinitions of Weft's resources, made from the schemas that also parse them. */
import { type ZodType, z } from "zod";
import { meshPolicySpec } from "./mesh-policy.ts";
import { placementPlanSpec } from "./placement-plan.ts";
import { placementPlanStatus } from "./placement-plan-status.ts";
import { weftGroup, weftVersion } from "./resource-object.ts";
import { serviceFunctionSpec, serviceFunctionStatus } from "./service-function.ts";
import { serviceFunctionChainSpec, serviceFunctionChainStatus } from "./service-function-chain.ts";
import { serviceFunctionPathSpec, serviceFunctionPathStatus } from "./service-function-path.ts";
import { type StructuralSchema, structuralSchema } from "./structural-schema.ts";
import { trafficProfileSpec } from "./traffic-profile.ts";

export interface CustomResourceDefinition {
  readonly apiVersion: "apiextensions.k8s.io/v1";
  readonly kind: "CustomResourceDefinition";
  readonly metadata: { readonly name: string };
  readonly spec: StructuralSchema;
}

export function customResourceDefinitions(): readonly CustomResourceDefinition[] {
  return resources.map(definitionOf);
}

interface Resource {
  readonly kind: string;
  /** With an "s" behind the kind unless given. */
  readonly plural?: string;
  readonly shortName: string;
  readonly description: string;
  readonly spec: ZodType;
  /** Absent where everything is the spec: objects that one program writes for itself. */
  readonly status?: ZodType;
  readonly columns: readonly PrinterColumn[];
}

interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly jsonPath: string;
}

const age: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

const resources: readonly Resource[] = [
  {
    kind: "ServiceFunction",
    shortName: "sf",
    description: "A kind of middlebox: which pods it is, and what one of them can do.",
    spec: serviceFunctionSpec,
    status: serviceFunctionStatus,
    columns: [
      { name: "Port", type: "integer", jsonPath: ".spec.port" },
      { name: "Protocol", type: "string", jsonPath: ".spec.protocol" },
      { name: "Capacity", type: "string", jsonPath: ".spec.capacity.bytesPerSecond" },
      { name: "Mode", type: "string", jsonPath: ".spec.mode" },
      { name: "Failure", type: "string", jsonPath: ".spec.failurePolicy" },
      age,
    ],
  },
  {
    kind: "ServiceFunctionChain",
    shortName: "sfc",
    description: "An ordered list of service functions, and which traffic passes them.",
    spec: serviceFunctionChainSpec,
    status: serviceFunctionChainStatus,
    columns: [
      { name: "To", type: "string", jsonPath: ".spec.classifier.to.service" },
      { name: "Functions", type: "string", jsonPath: ".spec.functions" },
      { name: "Accepted", type: "string", jsonPath: conditionPath("Accepted") },
      { name: "Programmed", type: "string", jsonPath: conditionPath("Programmed") },
      { name: "Degraded", type: "string", jsonPath: '.status.conditions[?(@.type=="Degraded")].reason' },
      { name: "SPI", type: "integer", jsonPath: ".status.spi" },
      { name: "Utilisation", type: "number", jsonPath: ".status.prediction.maxUtilisation" },
      { name: "Bound", type: "number", jsonPath: ".status.prediction.lowerBound" },
      age,
    ],
  },
  {
    kind: "ServiceFunctionPath",
    shortName: "sfp",
    description: "One version of one chain, rendered onto instances; written by the chain controller only.",
    spec: serviceFunctionPathSpec,
    status: serviceFunctionPathStatus,
    columns: [
      { name: "Chain", type: "string", jsonPath: ".spec.chain" },
      { name: "Generation", type: "integer", jsonPath: ".spec.chainGeneration" },
      { name: "SPI", type: "integer", jsonPath: ".spec.spi" },
      { name: "Active", type: "boolean", jsonPath: ".spec.active" },
      { name: "Utilisation", type: "number", jsonPath: ".spec.prediction.maxUtilisation" },
      age,
    ],
  },
  {
    kind: "TrafficProfile",
    shortName: "tp",
    description: "What was learned of the traffic of a namespace's workloads; written by the scheduler only.",
    spec: trafficProfileSpec,
    columns: [
      { name: "Largest from", type: "string", jsonPath: ".spec.flows[0].source" },
      { name: "To", type: "string", jsonPath: ".spec.flows[0].destination" },
      { name: "Bytes per second", type: "integer", jsonPath: ".spec.flows[0].requestBytesPerSecond" },
      { name: "Last seen", type: "date", jsonPath: ".spec.flows[0].lastSeen" },
      age,
    ],
  },
  {
    kind: "MeshPolicy",
    plural: "meshpolicies",
    shortName: "mp",
    description: "Under which transport traffic to a namespace's pods comes, and who may do what.",
    spec: meshPolicySpec,
    columns: [
      { name: "Selector", type: "string", jsonPath: ".spec.selector.matchLabels" },
      { name: "Mode", type: "string", jsonPath: ".spec.mtls.mode" },
      { name: "First rule", type: "string", jsonPath: ".spec.authorization[0].action" },
      age,
    ],
  },
  {
    kind: "PlacementPlan",
    shortName: "pp",
    description: "Moves of pods that bring traffic nearer together; proposed by the scheduler, approved by you.",
    spec: placementPlanSpec,
    status: placementPlanStatus,
    columns: [
      { name: "Phase", type: "string", jsonPath: ".status.phase" },
      { name: "Reason", type: "string", jsonPath: ".status.reason" },
      { name: "Moves", type: "integer", jsonPath: ".spec.moveCount" },
      { name: "Done", type: "integer", jsonPath: ".status.movesDone" },
      { name: "Gain", type: "number", jsonPath: ".spec.gainShare" },
      age,
    ],
  },
];

function definitionOf({
  kind,
  plural = `${kind.toLowerCase()}s`,
  shortName,
  description,
  spec,
  status,
  columns,
}: Resource): CustomResourceDefinition {
  const singular = kind.toLowerCase();
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${weftGroup}` },
    spec: {
      group: weftGroup,
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames: [shortName], categories: ["weft"] },
      versions: [
        {
          name: weftVersion,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: objectSchema(description, spec, status) },
          ...(status && { subresources: { status: {} } }),
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}

function objectSchema(description: string, spec: ZodType, status: ZodType | undefined): StructuralSchema {
  const object = z.object({
    apiVersion: z.string().optional(),
    kind: z.string().optional(),
    metadata: z.object({}),
    spec,
    ...(status && { status: status.optional() }),
  });
  const { properties, required: _, ...rest } = structuralSchema(object);
  return { ...rest, description, required: ["spec"], properties };
}

function conditionPath(type: string): string {
  return `.status.conditions[?(@.type=="${type}")].status`;
}
