/** What pods say of being placed together with others, by the label, the gate and the annotations of Weft. */
import type { Pod } from "./pod.ts";

/** Pods of one namespace with the same value are placed as one. */
export const placementGroupLabel = "weft.dev/placement-group";

/** Keeps kube-scheduler from looking at the pod until Weft has planned its group. */
export const placementGate = "weft.dev/placement";

/** Annotation: how many pods the group has once it is whole. */
export const placementGroupSizeAnnotation = "weft.dev/placement-group-size";

/** Annotation: `preferred` or `required`, how the pod is told of its node. */
export const placementAffinityAnnotation = "weft.dev/placement-affinity";

/** Annotation that Weft writes: the node of the plan. */
export const plannedNodeAnnotation = "weft.dev/planned-node";

export type PlacementAffinity = "preferred" | "required";

export const groupSizeLimit = 10_000;

export function isGated({ schedulingGates }: Pick<Pod, "schedulingGates">): boolean {
  return schedulingGates.includes(placementGate);
}

/** `namespace/name`; pods of a namespace that name no group are one, too. */
export function placementGroupKey({ namespace, labels }: Pick<Pod, "namespace" | "labels">): string {
  return `${namespace}/${labels[placementGroupLabel] ?? ""}`;
}

/** Anything but `required` prefers: a word that is not understood must not keep a pod from running. */
export function placementAffinityOf({ annotations }: Pick<Pod, "annotations">): PlacementAffinity {
  return annotations[placementAffinityAnnotation] === "required" ? "required" : "preferred";
}

/** Undefined where none is declared, or none that is a whole number from 1 to 10,000. */
export function groupSizeOf({ annotations }: Pick<Pod, "annotations">): number | undefined {
  const text = annotations[placementGroupSizeAnnotation] ?? "";
  const size = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined;
  return size !== undefined && size <= groupSizeLimit ? size : undefined;
}

/** The annotations' words that mean nothing, each with the reason. */
export function misreadPlacementWords(pod: Pick<Pod, "annotations">): readonly string[] {
  const { annotations } = pod;
  const [size, affinity] = [annotations[placementGroupSizeAnnotation], annotations[placementAffinityAnnotation]];
  return [
    ...(size !== undefined && groupSizeOf(pod) === undefined
      ? [`${placementGroupSizeAnnotation}: "${shortened(size)}" is not a whole number from 1 to ${groupSizeLimit}`]
      : []),
    ...(affinity !== undefined && affinity !== "preferred" && affinity !== "required"
      ? [`${placementAffinityAnnotation}: "${shortened(affinity)}" is neither preferred nor required`]
      : []),
  ];
}

function shortened(word: string): string {
  return word.length > 40 ? `${word.slice(0, 40)}...` : word;
}
