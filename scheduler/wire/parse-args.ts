/**
 * Reads what kube-scheduler 1.36 sends an extender. Its Go structs have no JSON tags: keys come in PascalCase, and are read in any
 * case as Go's decoder would. What is inside the Pod is the Kubernetes API's own JSON.
 * Source: k8s.io/kube-scheduler/extender/v1, types.go
 */
import { z } from "zod";
import type { Parsed } from "../../core/model/parsed.ts";
import { podOf } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { parseWith } from "../../platform/schema/parse-with.ts";
import { talksToAnnotation } from "../placement/talks-to.ts";
import { fieldOf, type MetaVictims, victimsSchema } from "./victims-schema.ts";

/** The pod that is to be placed. */
export interface AskedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Workload key. */
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its annotation `weft.dev/talks-to`. */
  readonly talksTo?: string | undefined;
  /** Of its first container. */
  readonly image?: string | undefined;
}

export interface ExtenderArgs {
  readonly pod: AskedPod;
  readonly nodeNames: readonly string[];
  /** The whole nodes, where kube-scheduler was told `nodeCacheCapable: false`. */
  readonly nodes: NodeList | undefined;
}

/** A v1.NodeList, of which only the names are looked at; the rest goes back as it came. */
export interface NodeList {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

export interface BindingArgs {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly node: string;
}

export interface PreemptionArgs {
  readonly pod: AskedPod;
  readonly victims: ReadonlyMap<string, MetaVictims>;
}

export function parseExtenderArgs(body: unknown): Parsed<ExtenderArgs> {
  const parsed = parseWith(argsSchema, body);
  if (parsed.kind === "rejected") return parsed;
  const { Pod, Nodes, NodeNames } = parsed.value;
  const nodeNames = NodeNames ?? Nodes?.items.map(({ metadata }) => metadata.name);
  if (!nodeNames) return { kind: "rejected", field: "NodeNames", reason: "neither NodeNames nor Nodes is given" };
  return { kind: "parsed", value: { pod: Pod, nodeNames, nodes: Nodes ? asSent(body, "nodes") : undefined } };
}

export function parseBindingArgs(body: unknown): Parsed<BindingArgs> {
  const parsed = parseWith(bindingSchema, body);
  if (parsed.kind === "rejected") return parsed;
  const { PodName, PodNamespace, PodUID, Node } = parsed.value;
  return { kind: "parsed", value: { name: PodName, namespace: PodNamespace, uid: PodUID, node: Node } };
}

export function parsePreemptionArgs(body: unknown): Parsed<PreemptionArgs> {
  const parsed = parseWith(preemptionSchema, body);
  if (parsed.kind === "rejected") return parsed;
  const { Pod, NodeNameToVictims, NodeNameToMetaVictims } = parsed.value;
  const victims = new Map([...(NodeNameToVictims ?? []), ...(NodeNameToMetaVictims ?? [])]);
  return {
    kind: "parsed",
    value: { pod: Pod, victims },
  };
}

const name = z.string().min(1, "is empty").max(253, "is longer than any Kubernetes name");
const strings = z.record(z.string(), z.string());
const orNothing = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined);

const ownerSchema = z.object({ kind: z.string(), name: z.string(), controller: z.boolean().optional() });

const podSchema = z
  .object({
    metadata: z.object({
      name,
      namespace: name.default("default"),
      uid: z.string().default(""),
      labels: orNothing(strings),
      annotations: z.unknown().optional(),
      ownerReferences: orNothing(z.array(ownerSchema)),
    }),
    spec: z.unknown().optional(),
  })
  .transform(({ metadata, spec }): AskedPod => {
    const { namespace, name, uid, labels = {}, annotations, ownerReferences = [] } = metadata;
    const owners = ownerReferences.map(({ controller, ...owner }) => ({
      ...owner,
      ...(controller === undefined ? {} : { controller }),
    }));
    const { workload } = podOf({ metadata: { namespace, name, uid, labels, ownerReferences: owners } });
    const talksTo = fieldOf(annotations, talksToAnnotation);
    const image = firstImage(spec);
    return {
      ...{ namespace, name, uid, workload: workloadKey(workload), labels },
      ...(typeof talksTo === "string" ? { talksTo } : {}),
      ...(typeof image === "string" && image !== "" ? { image } : {}),
    };
  });

function firstImage(spec: unknown): unknown {
  const containers = fieldOf(spec, "containers");
  return Array.isArray(containers) ? fieldOf(containers[0], "image") : undefined;
}

const nodeListSchema = z.object({ items: z.array(z.object({ metadata: z.object({ name }) })) });

/** The schema keeps only names; the list itself goes back untouched. */
function asSent(body: unknown, lowerCaseKey: string): NodeList | undefined {
  const entries = Object.entries(body as Readonly<Record<string, NodeList>>);
  return entries.find(([key]) => key.toLowerCase() === lowerCaseKey)?.[1];
}

/** One look at each name: with thousands, a schema for each would cost more than the scores. */
const namesSchema = z.array(z.unknown()).transform((values, context): readonly string[] => {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "string" && value.length > 0 && value.length <= 253) continue;
    context.addIssue({ code: "custom", path: [i], message: "is not the name of a node" });
    return z.NEVER;
  }
  return values as string[];
});

const argsSchema = anyCase(
  ["Pod", "Nodes", "NodeNames"],
  z.object({ Pod: podSchema, Nodes: nodeListSchema.nullish(), NodeNames: namesSchema.nullish() }),
);

const bindingSchema = anyCase(
  ["PodName", "PodNamespace", "PodUID", "Node"],
  z.object({ PodName: name, PodNamespace: name, PodUID: z.string().default(""), Node: name }),
);

const preemptionSchema = anyCase(
  ["Pod", "NodeNameToVictims", "NodeNameToMetaVictims"],
  z.object({
    Pod: podSchema,
    NodeNameToVictims: victimsSchema((pod) => fieldOf(fieldOf(pod, "metadata"), "uid")).optional(),
    NodeNameToMetaVictims: victimsSchema((pod) => fieldOf(pod, "UID")).optional(),
  }),
);

/** Reads an object whose keys may be written in any case; keys that are none of `keys` are dropped. */
function anyCase<T>(keys: readonly string[], schema: z.ZodType<T>) {
  const canonical = new Map(keys.map((key) => [key.toLowerCase(), key]));
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).map(([key, inner]) => [canonical.get(key.toLowerCase()), inner] as const);
    return Object.fromEntries(entries.filter(([key]) => key !== undefined));
  }, schema);
}
