/** Nodes and pods of a live cluster in few words: read from Kubernetes objects, as they are from an API server. */
import { type ClusterNode, clusterNodeOf, type NodeObject } from "../../core/model/cluster-node.ts";
import { type Pod, type PodObject, podOf } from "../../core/model/pod.ts";

type NodeSpec = NonNullable<NodeObject["spec"]>;
type PodSpec = NonNullable<PodObject["spec"]>;

export interface NodeWords extends NodeSpec {
  /** Cores. */
  readonly cpu?: number;
  readonly pods?: number;
  readonly other?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly isReady?: boolean;
}

export interface PodWords extends PodSpec {
  /** Where it stands; pending if absent. */
  readonly on?: string;
  /** `Kind/name` of its owner; a Deployment named like the pod up to its last `-` if absent, none if empty. */
  readonly owner?: string;
  /** Cores. */
  readonly cpu?: number;
  readonly other?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly isLeaving?: boolean;
  readonly phase?: string;
}

/** A node with 4 cores, 8 GiB and room for 110 pods, whose hostname is its name. */
export function liveNode(name: string, words: NodeWords = {}): ClusterNode {
  return clusterNodeOf(nodeObject(name, words));
}

export function nodeObject(name: string, words: NodeWords = {}): NodeObject {
  const { cpu = 4, pods = 110, other = {}, labels = {}, isReady, ...spec } = words;
  return {
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    spec,
    status: {
      allocatable: { cpu: String(cpu), memory: "8Gi", pods: String(pods), ...written(other) },
      conditions: isReady === undefined ? [] : [{ type: "Ready", status: isReady ? "True" : "Unknown" }],
    },
  };
}

/** A pod that asks for one core and is labelled `app` with its workload's name. */
export function livePod(key: string, words: PodWords = {}): Pod {
  return podOf(podObject(key, words));
}

/** @param key `namespace/name`, or a name in the namespace `core`. */
export function podObject(key: string, words: PodWords = {}): PodObject {
  const {
    on,
    cpu = 1,
    other = {},
    labels = {},
    annotations = {},
    isLeaving = false,
    phase = "Running",
    ...rest
  } = words;
  const {
    owner = `ReplicaSet/${key
      .split("/")
      .at(-1)
      ?.replace(/-[^-]*$/, "")}`,
    ...spec
  } = rest;
  const [name = "", namespace = "core"] = key.split("/").reverse();
  const [kind = "", ownerName = ""] = owner.split("/");
  return {
    metadata: {
      uid: `uid-${namespace}-${name}`,
      namespace,
      name,
      annotations,
      labels: { app: ownerName || name, ...labels },
      ...(isLeaving ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
      ...(owner === "" ? {} : { ownerReferences: [ownerOf(kind, ownerName)] }),
    },
    spec: {
      containers: [
        {
          name: "app",
          image: "nowhere.invalid/none",
          resources: { requests: { cpu: String(cpu), ...written(other) } },
        },
      ],
      ...spec,
      ...(on === undefined ? {} : { nodeName: on }),
    },
    status: { phase: on === undefined ? "Pending" : phase },
  };
}

/** The API server wants all of it. */
function ownerOf(kind: string, name: string) {
  return { apiVersion: "apps/v1", kind, name, uid: `uid-${kind}-${name}`, controller: true };
}

function written(amounts: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, String(amount)]));
}
