/** A pod as Weft sees it, and how it is read from a Kubernetes object. */
import { quantityOr } from "./quantity.ts";
import { addResources, noResources, type Resources } from "./resources.ts";
import type { Workload } from "./workload.ts";

export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly workload: Workload;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly requests: Resources;
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
  readonly spec?: {
    readonly nodeName?: string;
    readonly schedulingGates?: readonly { readonly name: string }[];
    readonly containers?: readonly ContainerObject[];
    readonly initContainers?: readonly ContainerObject[];
  };
  readonly status?: {
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

interface ContainerObject {
  readonly image?: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string | number>> };
}

export function podKey(pod: Pick<Pod, "namespace" | "name">): string {
  return `${pod.namespace}/${pod.name}`;
}

export function podOf(object: PodObject): Pod {
  const metadata = object.metadata ?? {};
  const phase = object.status?.phase;
  return {
    uid: metadata.uid ?? "",
    namespace: metadata.namespace ?? "default",
    name: metadata.name ?? "",
    workload: workloadOf(object),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    requests: requestsOf(object),
    image: object.spec?.containers?.[0]?.image ?? "",
    schedulingGates: object.spec?.schedulingGates?.map(({ name }) => name) ?? [],
    node: object.spec?.nodeName || undefined,
    address: object.status?.podIP || undefined,
    createdAtMs: timeOf(metadata.creationTimestamp),
    isReady: object.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
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

/**
 * What the scheduler reserves: containers and sidecars together, or the largest plain init container where that is more.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
function requestsOf({ spec = {} }: PodObject): Resources {
  const init = spec.initContainers ?? [];
  const lasting = [...(spec.containers ?? []), ...init.filter(({ restartPolicy }) => restartPolicy === "Always")];
  const running = lasting.map(containerRequests).reduce(addResources, noResources);
  const starting = init.filter(({ restartPolicy }) => restartPolicy !== "Always").map(containerRequests);
  return {
    cpuMillis: Math.max(running.cpuMillis, ...starting.map(({ cpuMillis }) => cpuMillis)),
    memoryBytes: Math.max(running.memoryBytes, ...starting.map(({ memoryBytes }) => memoryBytes)),
  };
}

function containerRequests({ resources }: ContainerObject): Resources {
  const requests = resources?.requests ?? {};
  return {
    cpuMillis: Math.ceil(quantityOr(requests.cpu, 0) * 1000),
    memoryBytes: Math.ceil(quantityOr(requests.memory, 0)),
  };
}
