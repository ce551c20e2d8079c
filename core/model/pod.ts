/** A pod as Weft sees it, and how it is read from a Kubernetes object. */
import { type ConstrainedSpec, type PodConstraints, podConstraintsOf } from "./pod-constraints.ts";
import { podRequestsOf, type RequestingSpec, type RequestingStatus } from "./pod-requests.ts";
import type { Resources } from "./resources.ts";
import type { Workload } from "./workload.ts";

export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly workload: Workload;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly requests: Resources;
  /** Of resources other than CPU and memory, in their base units; absent for none. */
  readonly otherRequests?: Readonly<Record<string, number>> | undefined;
  /** Where it may stand; absent where its spec says nothing of that. */
  readonly constraints?: PodConstraints | undefined;
  /** Whether its spec has any affinity, required or preferred, and one to nodes: what a patch of it has to know. Absent for none. */
  readonly affinity?: "to-pods" | "to-nodes" | undefined;
  /** Higher ones may take the place of lower ones; absent for 0. */
  readonly priority?: number | undefined;
  /** Whose pod it is; absent for "default". */
  readonly serviceAccount?: string | undefined;
  /** Of its first container, as its template writes it; empty where it has none. */
  readonly image: string;
  /** Names of the gates that keep kube-scheduler from looking at it. */
  readonly schedulingGates: readonly string[];
  /** The node it is bound to, if any. */
  readonly node: string | undefined;
  /** Its IP address, if it has one. */
  readonly address: string | undefined;
  /** By the API server's clock, in whole seconds; undefined of a pod that it does not have yet. */
  readonly createdAtMs: number | undefined;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
  /** It has run to its end and uses nothing any more. */
  readonly isFinished: boolean;
}

/** The part of a Kubernetes Pod that Weft reads; every field may be missing, as in what an extender is sent. */
export interface PodObject {
  readonly metadata?: {
    readonly uid?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: unknown;
    readonly deletionTimestamp?: unknown;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly spec?: Omit<ConstrainedSpec & RequestingSpec, "containers" | "initContainers"> & {
    readonly nodeName?: string;
    readonly serviceAccountName?: string;
    readonly priority?: number;
    readonly schedulingGates?: readonly { readonly name: string }[];
    readonly containers?: readonly ContainerObject[];
    readonly initContainers?: readonly ContainerObject[];
  };
  readonly status?: RequestingStatus & {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
}

type ContainersOf<T extends { readonly containers?: readonly unknown[] }> = NonNullable<T["containers"]>[number];

type ContainerObject = ContainersOf<ConstrainedSpec> & ContainersOf<RequestingSpec> & { readonly image?: string };

export function podKey(pod: Pick<Pod, "namespace" | "name">): string {
  return `${pod.namespace}/${pod.name}`;
}

export function podOf(object: PodObject): Pod {
  const metadata = object.metadata ?? {};
  const { spec = {}, status = {} } = object;
  const phase = status.phase;
  const constraints = podConstraintsOf(spec, metadata);
  return {
    uid: metadata.uid ?? "",
    namespace: metadata.namespace ?? "default",
    name: metadata.name ?? "",
    workload: workloadOf(object),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    ...podRequestsOf(spec, status),
    ...(constraints ? { constraints } : {}),
    ...(spec.affinity ? { affinity: spec.affinity.nodeAffinity ? "to-nodes" : "to-pods" } : {}),
    ...(spec.priority ? { priority: spec.priority } : {}),
    ...(spec.serviceAccountName && spec.serviceAccountName !== "default"
      ? { serviceAccount: spec.serviceAccountName }
      : {}),
    image: spec.containers?.[0]?.image ?? "",
    schedulingGates: spec.schedulingGates?.map(({ name }) => name) ?? [],
    node: spec.nodeName || undefined,
    address: status.podIP || undefined,
    createdAtMs: timeOf(metadata.creationTimestamp),
    isReady: status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
    isTerminating: metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
    isFinished: phase === "Succeeded" || phase === "Failed",
  };
}

/** The API server writes null where there is none. */
function timeOf(timestamp: unknown): number | undefined {
  const ms = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** A Deployment's pods are owned by a ReplicaSet, whose name is the Deployment's and the pod template's hash. */
function workloadOf({ metadata = {} }: PodObject): Workload {
  const namespace = metadata.namespace ?? "default";
  const owner = metadata.ownerReferences?.find(({ controller }) => controller !== false);
  if (!owner) return { namespace, kind: "Pod", name: metadata.name ?? "" };
  const suffix = `-${metadata.labels?.["pod-template-hash"] ?? ""}`;
  if (owner.kind === "ReplicaSet" && suffix.length > 1 && owner.name.endsWith(suffix))
    return { namespace, kind: "Deployment", name: owner.name.slice(0, -suffix.length) };
  return { namespace, kind: owner.kind, name: owner.name };
}
