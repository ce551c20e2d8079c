import type { PlacementAffinity } from "../model/placement-group.ts";
import type { Pod } from "../model/pod.ts";

/** Lets pods go that Weft's scheduling gate has held. */
export interface PodRelease {
  /**
   * Takes Weft's gate, and no other, off the pod; in the same write the pod is told of its node, if there is one. It asks for no
   * less than it did before: what is required of the node is required besides.
   *
   * @returns `gone` where there is nothing to let go: the pod is deleted, is another of its name, or has no such gate any more.
   * @throws WeftError kubernetes-*
   */
  release(pod: GatedPod, toward?: ReleaseTarget): Promise<"released" | "gone">;
}

/** As it was last seen. */
export type GatedPod = Pick<Pod, "namespace" | "name" | "uid" | "schedulingGates" | "annotations" | "affinity">;

export interface ReleaseTarget {
  readonly node: string;
  readonly affinity: PlacementAffinity;
}
