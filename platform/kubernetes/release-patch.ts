/** What takes Weft's gate off a pod, and tells the pod of its node, in one write. */
import { placementGate, plannedNodeAnnotation } from "../../core/model/placement-group.ts";
import type { GatedPod, ReleaseTarget } from "../../core/ports/pod-release.ts";

/** The part of a Pod that the patch is made from. */
export interface ReleasedPodObject {
  readonly metadata: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly schedulingGates?: readonly { readonly name: string }[];
    readonly affinity?: { readonly nodeAffinity?: NodeAffinityObject };
  };
}

interface NodeAffinityObject {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: readonly NodeTermObject[] };
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly object[];
}

interface NodeTermObject {
  readonly matchExpressions?: readonly object[];
  readonly matchFields?: readonly object[];
}

/** RFC 6902. */
export type JsonPatchOperation =
  | { readonly op: "test" | "add"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** The most that a preference can weigh. */
const WEIGHT_MAX = 100;

/**
 * For a pod as it was last seen; undefined where it has an affinity to nodes, of which a view knows too little. The tests make it
 * hold only while that is as it was.
 */
export function releasePatchOfSeen(pod: GatedPod, target?: ReleaseTarget): readonly JsonPatchOperation[] | undefined {
  const gate = pod.schedulingGates.indexOf(placementGate);
  if (pod.affinity === "to-nodes" || gate < 0) return undefined;
  const annotations = Object.keys(pod.annotations).length > 0 ? pod.annotations : undefined;
  const affinityBefore = pod.affinity === undefined ? undefined : {};
  return [
    { op: "test", path: "/metadata/uid", value: pod.uid },
    { op: "test", path: `/spec/schedulingGates/${gate}/name`, value: placementGate },
    ...(target ? onlyIfAbsent([...plannedNode(annotations, target), ...affinity(affinityBefore, target)]) : []),
    { op: "remove", path: `/spec/schedulingGates/${gate}` },
  ];
}

/** To the API server, what is absent equals null. */
function onlyIfAbsent(operations: readonly JsonPatchOperation[]): readonly JsonPatchOperation[] {
  const isOfAnnotation = ({ path }: JsonPatchOperation) => path.startsWith("/metadata/annotations/");
  const absent = operations.filter((operation) => !isOfAnnotation(operation));
  return [...absent.map(({ path }) => ({ op: "test", path, value: null }) as const), ...operations];
}

/**
 * For a pod as it was read; undefined where it does not have the gate. The tests make it hold for this version of the pod alone,
 * so that lists can be written whole.
 */
export function releasePatchOfRead(
  { metadata, spec }: ReleasedPodObject,
  target?: ReleaseTarget,
): readonly JsonPatchOperation[] | undefined {
  const gate = spec.schedulingGates?.findIndex(({ name }) => name === placementGate) ?? -1;
  if (gate < 0) return undefined;
  return [
    { op: "test", path: "/metadata/uid", value: metadata.uid },
    { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion },
    ...(target ? [...plannedNode(metadata.annotations, target), ...affinity(spec.affinity, target)] : []),
    { op: "remove", path: `/spec/schedulingGates/${gate}` },
  ];
}

function plannedNode(
  annotations: Readonly<Record<string, string>> | undefined,
  { node }: ReleaseTarget,
): JsonPatchOperation[] {
  if (!annotations) return [{ op: "add", path: "/metadata/annotations", value: { [plannedNodeAnnotation]: node } }];
  const key = plannedNodeAnnotation.replaceAll("~", "~0").replaceAll("/", "~1");
  return [{ op: "add", path: `/metadata/annotations/${key}`, value: node }];
}

function affinity(before: ReleasedPodObject["spec"]["affinity"], target: ReleaseTarget): JsonPatchOperation[] {
  const nodeAffinity = nodeAffinityToward(before?.nodeAffinity ?? {}, target);
  if (!before) return [{ op: "add", path: "/spec/affinity", value: { nodeAffinity } }];
  return [{ op: "add", path: "/spec/affinity/nodeAffinity", value: nodeAffinity }];
}

function nodeAffinityToward(before: NodeAffinityObject, { node, affinity }: ReleaseTarget): NodeAffinityObject {
  const isNode = { key: "metadata.name", operator: "In", values: [node] };
  if (affinity === "preferred") {
    const preferred = before.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const preference = { weight: WEIGHT_MAX, preference: { matchFields: [isNode] } };
    return { ...before, preferredDuringSchedulingIgnoredDuringExecution: [...preferred, preference] };
  }
  const terms = before.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const nodeSelectorTerms = terms.length === 0 ? [{ matchFields: [isNode] }] : terms.map((term) => both(term, isNode));
  return { ...before, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
}

/**
 * While a pod is gated, the API server lets requirements be added at the end of a term's lists; a term without any holds for no
 * node, and must stay so.
 * Source: k8s.io/kubernetes v1.36.2, pkg/apis/core/validation/validation.go, validateNodeSelectorTermHasOnlyAdditions
 */
function both(term: NodeTermObject, requirement: object): NodeTermObject {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return term;
  return { ...term, matchFields: [...matchFields, requirement] };
}
