/** Deployments, as far as the lab runs them; a field that it would ignore is refused instead. */
import { z } from "zod";
import { manifestMetadata } from "./manifest-metadata.ts";
import { annotations, labelName, labels, portNumber, quantity } from "./scalars.ts";

const REPLICAS_MAX = 1000;
const CONTAINERS_MAX = 16;
const ARGUMENTS_MAX = 256;
const TEXT_LENGTH_MAX = 4096;

export interface Deployment {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** Of the pods, not of the Deployment. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** Values by name; `podAddressVariable` stands for the pod's own address. */
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly ContainerPort[];
  readonly resources: ContainerResources;
}

export interface ContainerPort {
  readonly name?: string | undefined;
  readonly containerPort: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
}

/** Quantities by resource name, as they were written. */
export interface ContainerResources {
  readonly requests: Readonly<Record<string, string | number>>;
  readonly limits: Readonly<Record<string, string | number>>;
}

/** The value of an environment variable that refers to `status.podIP`. */
export const podAddressVariable = "$(status.podIP)";

const text = z.string().max(TEXT_LENGTH_MAX);
const resourceList = z.record(z.string().min(1), quantity).default({});

const environmentVariable = z
  .strictObject({
    name: text.min(1),
    value: text.optional(),
    valueFrom: z.strictObject({ fieldRef: z.strictObject({ fieldPath: z.literal("status.podIP") }) }).optional(),
  })
  .refine(({ value, valueFrom }) => value === undefined || valueFrom === undefined, {
    path: ["valueFrom"],
    error: "may not stand beside value",
  });

const container = z.strictObject({
  name: labelName,
  image: text.min(1),
  imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).optional(),
  command: z.array(text).max(ARGUMENTS_MAX).default([]),
  args: z.array(text).max(ARGUMENTS_MAX).default([]),
  env: z.array(environmentVariable).max(ARGUMENTS_MAX).default([]),
  ports: z
    .array(
      z.strictObject({
        name: labelName.optional(),
        containerPort: portNumber,
        protocol: z.enum(["TCP", "UDP", "SCTP"]).default("TCP"),
      }),
    )
    .default([]),
  resources: z.strictObject({ requests: resourceList, limits: resourceList }).default({ requests: {}, limits: {} }),
});

const podTemplate = z.strictObject({
  metadata: z.strictObject({ labels: labels.default({}), annotations: annotations.default({}) }),
  spec: z.strictObject({
    containers: z.array(container).min(1).max(CONTAINERS_MAX),
    nodeSelector: labels.default({}),
    schedulerName: labelName.optional(),
  }),
});

const deploymentSpec = z
  .strictObject({
    replicas: z.int().min(0).max(REPLICAS_MAX).default(1),
    selector: z.strictObject({ matchLabels: labels }),
    template: podTemplate,
  })
  .refine(({ selector, template }) => isSubset(selector.matchLabels, template.metadata.labels), {
    path: ["selector", "matchLabels"],
    error: "must be among the labels of the pod template",
  });

export const deploymentObject = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("Deployment"),
  metadata: manifestMetadata,
  spec: deploymentSpec,
});

export function deploymentOf({ metadata, spec }: z.output<typeof deploymentObject>): Deployment {
  const { template } = spec;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    replicas: spec.replicas,
    labels: template.metadata.labels,
    annotations: template.metadata.annotations,
    nodeSelector: template.spec.nodeSelector,
    containers: template.spec.containers.map(({ imagePullPolicy: _, env, ...rest }) => ({
      ...rest,
      env: Object.fromEntries(
        env.map((entry) => [entry.name, entry.valueFrom ? podAddressVariable : (entry.value ?? "")]),
      ),
    })),
  };
}

function isSubset(part: Readonly<Record<string, string>>, whole: Readonly<Record<string, string>>): boolean {
  return Object.entries(part).every(([key, value]) => whole[key] === value);
}
