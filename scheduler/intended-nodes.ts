/** Where it is decided already that a pod which is still to be placed should go. */
import type { AskedPod } from "./wire/parse-args.ts";

export interface IntendedNodes {
  /** Cheap where nothing is intended: it is asked for every pod. */
  nodeFor(pod: AskedPod): IntendedNode | undefined;
}

export interface IntendedNode {
  readonly node: string;
  /** For people. */
  readonly why: string;
}
