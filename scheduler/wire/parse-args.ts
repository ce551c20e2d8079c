/**
 * Reads what kube-scheduler 1.36 sends an extender. Its Go structs have no JSON tags: keys come in PascalCase, and are read in any
 * case as Go's decoder would. What is inside the Pod is the Kubernetes API's own JSON.
 * Source: k8s.io/kube-scheduler/extender/v1, types.go
 */
import { z } from "zod";
import type { Parsed, Rejected } from "../../core/model/parsed.ts";
import { podOf } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { parseWith } from "../../platform/schema/parse-with.ts";
import { talksToAnnotation } from "../placement/talks-to.ts";
import { fieldOf, fieldsOf } from "./field-of.ts";
import { type MetaVictims, readVictims } from "./read-victims.ts";

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

/** Node names pass no schema: what Zod's transforms have looked at stays in memory until the next full garbage collection. See ADR 15. */
export function parseExtenderArgs(body: unknown): Parsed<ExtenderArgs> {
  const parsed = parseWith(argsSchema, fieldsOf(body, ["Pod", "Nodes", "NodeNames"]));
  if (parsed.kind === "rejected") return parsed;
  const { Pod: pod, Nodes, NodeNames = null } = parsed.value;
  const listed = NodeNames ?? Nodes?.items.map(({ metadata }) => metadata.name);
  if (!listed) return rejected("NodeNames", "neither NodeNames nor Nodes is given");
  if (!Array.isArray(listed)) return rejected("NodeNames", "is not a list");
  const wrong = firstThatIsNoName(listed);
  if (wrong >= 0) return rejected(`NodeNames[${wrong}]`, "is not the name of a node");
  // The schema keeps only the nodes' names; the list itself goes back untouched.
  const nodes = Nodes ? (fieldOf(body, "Nodes") as NodeList) : undefined;
  return { kind: "parsed", value: { pod, nodeNames: listed, nodes } };
}

export function parseBindingArgs(body: unknown): Parsed<BindingArgs> {
  const parsed = parseWith(bindingSchema, fieldsOf(body, ["PodName", "PodNamespace", "PodUID", "Node"]));
  if (parsed.kind === "rejected") return parsed;
  const { PodName, PodNamespace, PodUID, Node } = parsed.value;
  return { kind: "parsed", value: { name: PodName, namespace: PodNamespace, uid: PodUID, node: Node } };
}

export function parsePreemptionArgs(body: unknown): Parsed<PreemptionArgs> {
  const asked = parseWith(z.object({ Pod: podSchema }), fieldsOf(body, ["Pod"]));
  if (asked.kind === "rejected") return asked;
  const [wholeName, metaName] = ["NodeNameToVictims", "NodeNameToMetaVictims"];
  const whole = readVictims(wholeName, fieldOf(body, wholeName), (pod) => fieldOf(fieldOf(pod, "metadata"), "uid"));
  if (whole.kind === "rejected") return whole;
  const meta = readVictims(metaName, fieldOf(body, metaName), (pod) => fieldOf(pod, "UID"));
  if (meta.kind === "rejected") return meta;
  return { kind: "parsed", value: { pod: asked.value.Pod, victims: new Map([...whole.value, ...meta.value]) } };
}

const NAME_LENGTH_MAX = 253;
const name = z.string().min(1, "is empty").max(NAME_LENGTH_MAX, "is longer than any Kubernetes name");
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

const argsSchema = z.object({ Pod: podSchema, Nodes: nodeListSchema.nullish(), NodeNames: z.unknown() });

const bindingSchema = z.object({ PodName: name, PodNamespace: name, PodUID: z.string().default(""), Node: name });

/** -1 if all are names. */
function firstThatIsNoName(values: readonly unknown[]): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "string" || value.length === 0 || value.length > NAME_LENGTH_MAX) return i;
  }
  return -1;
}

function rejected(field: string, reason: string): Rejected {
  return { kind: "rejected", field, reason };
}
